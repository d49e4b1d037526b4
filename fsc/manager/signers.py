"""With which certificate a signature is to be verified: the one of its thumbprint, as its own peer publishes it.

A certificate that was verified before is taken from the database; another one is fetched from the `jwks.json` of the
signer's Manager. Either way it must chain to the Group's trust anchors now.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import structlog

from wegennet.fsc.core.certificates import CertificateError, verify_chain
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.manager.store import certificates
from wegennet.fsc.service.client import CallError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from cryptography import x509

    from wegennet.fsc.manager.anchors import TrustAnchors
    from wegennet.fsc.manager.directory import Directory
    from wegennet.fsc.manager.remote import Managers
    from wegennet.fsc.service.revocation import Revocation
    from wegennet.fsc.storage.database import Database

    Chain = tuple[x509.Certificate, ...]

log = structlog.get_logger(__name__)

_FRESH_SECONDS: Final = 1.0
"""For so long a key set counts as what the peer publishes: nobody makes us fetch it more often."""
_PATIENCE: Final = 12.0


class Signers:
    """Finds the certificates of signers.

    Args:
        database: has those that were verified before.
        managers: to fetch key sets.
        directory: says where a peer's Manager is.
        anchors: the Group's trust anchors.
        revocation: says whether a certificate is revoked; None to ask about none.
    """

    def __init__(
        self,
        database: Database,
        managers: Managers,
        directory: Directory,
        anchors: TrustAnchors,
        revocation: Revocation | None,
    ) -> None:
        self._database = database
        self._managers = managers
        self._directory = directory
        self._anchors = anchors
        self._revocation = revocation
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._fetched: dict[str, tuple[float, Mapping[str, Chain]]] = {}

    async def chain(self, thumbprint: str, peer_id: str, address: str | None = None) -> Chain:
        """The chain, leaf first and without the root, of the certificate with a thumbprint.

        Whose it is, is in the certificate; it need not be the peer's that is asked for it.

        Args:
            thumbprint: `x5t#S256` of the signature.
            peer_id: the peer who says that it signed.
            address: of that peer's Manager, if it said so.

        Raises:
            FscError: it is not to be had, or not to be trusted (SIGNATURE_VERIFICATION_FAILED).
        """
        known = await self._known(thumbprint)
        if known is not None and self._trouble(known) is None:
            chain = known
        else:
            chain = await self._published(thumbprint, peer_id, address) or known or ()
        if not chain:
            raise _failed(f"The certificate {thumbprint} cannot be had from the Manager of peer {peer_id}.")
        if (trouble := self._trouble(chain)) is not None:
            raise _failed(trouble)
        await self._check_revoked(chain)
        return chain

    def _trouble(self, chain: Chain) -> str | None:
        """Why a chain is not to be trusted; None when it is."""
        try:
            self._whole(chain)
        except CertificateError as error:
            return str(error)
        return None

    def _whole(self, chain: Chain) -> Chain:
        """The chain up to the trust anchor."""
        return verify_chain(chain[0], chain[1:], self._anchors(), int(time.time()))

    async def _check_revoked(self, chain: Chain) -> None:
        if self._revocation is None:
            return
        try:
            await self._revocation.check(self._whole(chain))
        except FscError as error:
            raise _failed(error.message) from None

    async def _known(self, thumbprint: str) -> Chain | None:
        async with self._database.transaction() as connection:
            known = await certificates.get(connection, thumbprint)
        return known.chain if known else None

    async def _published(self, thumbprint: str, peer_id: str, address: str | None) -> Chain | None:
        """What the peer publishes under the thumbprint; several requests of one peer wait for one fetch."""
        lock = self._locks.setdefault(peer_id, asyncio.Lock())
        async with lock:
            at, chains = self._fetched.get(peer_id, (-_FRESH_SECONDS, {}))
            if time.monotonic() - at >= _FRESH_SECONDS:
                chains = await self._fetch(thumbprint, peer_id, address)
                self._remember(peer_id, chains)
            return chains.get(thumbprint)

    async def _fetch(self, thumbprint: str, peer_id: str, address: str | None) -> Mapping[str, Chain]:
        """The first key set of the peer's Manager with the thumbprint in it."""
        chains: Mapping[str, Chain] = {}
        try:
            async with asyncio.timeout(_PATIENCE):
                async for place in self._places(peer_id, address):
                    try:
                        chains = await self._managers.of(peer_id, place).certificates()
                    except CallError as error:
                        log.info("key set not fetched", peer_id=peer_id, reason=str(error))
                    if thumbprint in chains:
                        break
        except TimeoutError:
            log.info("key set not fetched", peer_id=peer_id, reason=f"not within {_PATIENCE:.0f} s")
        return chains

    async def _places(self, peer_id: str, address: str | None) -> AsyncIterator[str]:
        if address is not None:
            yield address
        async for known in self._directory.addresses(peer_id):
            if known != address:
                yield known

    def _remember(self, peer_id: str, chains: Mapping[str, Chain]) -> None:
        now = time.monotonic()
        self._fetched = {peer: kept for peer, kept in self._fetched.items() if now - kept[0] < _FRESH_SECONDS}
        self._fetched[peer_id] = (now, chains)


def _failed(message: str) -> FscError:
    return FscError(ErrorCode.SIGNATURE_VERIFICATION_FAILED, message)
