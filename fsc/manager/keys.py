"""Our own key pairs for contracts and tokens: read again when their files change, published before they are used."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from wegennet.fsc.core.certificates import CertificateError, KeyPair, verify_chain
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.identity import identify
from wegennet.fsc.manager.store import certificates

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.core.identity import Peer
    from wegennet.fsc.manager.anchors import TrustAnchors
    from wegennet.fsc.manager.store.certificates import Use
    from wegennet.fsc.storage.database import Database

log = structlog.get_logger(__name__)


class OwnKeys:
    """The key pairs with which we sign.

    Every replica gives the certificates of all in its `jwks.json`, since they are in the database before the first
    signature with them.

    Args:
        database: where they are kept.
        own: our peer.
        anchors: the Group's trust anchors, under which the certificates must be.
        contract: files of the certificate and the key for contracts.
        token: those for tokens.
    """

    def __init__(
        self,
        database: Database,
        own: Peer,
        anchors: TrustAnchors,
        contract: tuple[Path, Path],
        token: tuple[Path, Path],
    ) -> None:
        self._database = database
        self._own = own
        self._anchors = anchors
        self._files: dict[Use, tuple[Path, Path]] = {"contract": contract, "token": token}
        self._pairs: dict[Use, KeyPair] = {}

    @property
    def contract(self) -> KeyPair:
        """Signs contracts."""
        return self._pairs["contract"]

    @property
    def token(self) -> KeyPair:
        """Signs access tokens."""
        return self._pairs["token"]

    async def refresh(self) -> bool:
        """Takes the key pairs as their files are now, and notes that they are in use; gives whether one is another.

        Files that don't fit together (they are being written), or whose certificate nobody in the group would trust,
        leave the former key pair in use.

        Raises:
            CertificateError: they cannot be used, and there is no former one.
        """
        changed = False
        for purpose, files in self._files.items():
            pair = self._read(purpose, files)
            changed = changed or self._pairs.get(purpose) is not pair
            async with self._database.transaction() as connection:
                await certificates.put(connection, self._own.id, pair.chain)
                await certificates.use(connection, pair.thumbprint, purpose)
            self._pairs[purpose] = pair
        return changed

    def _read(self, purpose: Use, files: tuple[Path, Path]) -> KeyPair:
        former = self._pairs.get(purpose)
        try:
            pair = KeyPair.load(*files)
            self._check_own(pair, files[0])
        except (CertificateError, FscError) as error:
            if former is None:
                raise
            log.warning("key pair cannot be used; the former stays in use", use=purpose, reason=str(error))
            return former
        if former is not None and former.thumbprint == pair.thumbprint:
            return former
        log.info("key pair read", use=purpose, thumbprint=pair.thumbprint)
        return pair

    def _check_own(self, pair: KeyPair, file: Path) -> None:
        """That others will take what we sign with a key pair, and as ours."""
        if identify(pair.certificate).id != self._own.id:
            raise CertificateError(f"{file} is of another peer than {self._own.id}.")
        verify_chain(pair.certificate, pair.chain[1:], self._anchors(), int(time.time()))
