"""Everything that belongs to one certificate of the Outway: grants, tokens, connections."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from wegennet.fsc.core.certificates import names, public_key_thumbprint
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.gateway.refresh import Refreshed
from wegennet.fsc.outway.choice import NoGrantError, choose
from wegennet.fsc.outway.snapshot import PeerTls, UncheckedError
from wegennet.fsc.outway.token import Expected, form, read_answer, unavailable
from wegennet.fsc.outway.tokens import Tokens
from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.errors import TlsError, WireError
from wegennet.fsc.wire.limits import ClientLimits, Timeouts
from wegennet.fsc.wire.message import Origin
from wegennet.fsc.wire.pool import ClientPool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from wegennet.fsc.api.manager_internal import OutwayService
    from wegennet.fsc.gateway.chains import Chains
    from wegennet.fsc.gateway.metrics import GatewayMetrics
    from wegennet.fsc.outway.choice import Grants, Wish
    from wegennet.fsc.outway.snapshot import Snapshot
    from wegennet.fsc.outway.token import Token

    GrantSource = Callable[[str, Sequence[str]], Awaitable[Grants]]

T = TypeVar("T")

_CONNECTIONS: Final = ClientLimits(connections=512)
# A token holds the properties of its grant, up to 1 MB (FSC Core 4.2.2.2).
_LONGEST_TOKEN: Final = 2 * 1024 * 1024
_TOKEN_TIMEOUTS: Final = Timeouts(connect=5.0, head=10.0, idle=5.0)
_TOKEN_SECONDS: Final = 15.0
_FORM: Final = (b"content-type", b"application/x-www-form-urlencoded")
_OK: Final = 200


class Generation:
    """A certificate, and what is bound to it.

    Args:
        snapshot: the certificate.
        grants_of: asks our Manager for the grants of an Outway, by the thumbprint of its key and its names.
        group_id: of the Group.
        every: seconds between two refreshes of the grants.
        chains: checks certificates of servers for revocation.
        metrics: counts.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        grants_of: GrantSource,
        group_id: str,
        every: float,
        chains: Chains,
        metrics: GatewayMetrics,
    ) -> None:
        self.snapshot = snapshot
        self.key_thumbprint = public_key_thumbprint(snapshot.keys.certificate)
        self.names = names(snapshot.keys.certificate)
        self._grants_of = grants_of
        self._expected = Expected(group_id, snapshot.keys.thumbprint)
        self._metrics = metrics
        self._chains = chains
        self._pools: dict[str, ClientPool] = {}
        self.tokens = Tokens(self._fetch_token)
        self.grants: Refreshed[Grants] = Refreshed("grants", self._fetch_grants, every=every)

    async def grant(self, wanted: Wish) -> OutwayService:
        """The grant that a request is made under; our Manager is asked again about one that is not known.

        Raises:
            FscError: there is none, or it cannot be told which.
        """
        try:
            return choose(self.grants.value or {}, wanted, now=time.time())
        except NoGrantError:
            await self.grants.renew()
        if self.grants.value is None:
            raise FscError(
                ErrorCode.UNAVAILABLE,
                "Which contracts are valid is not known yet: this peer's Manager does not answer.",
            )
        return choose(self.grants.value, wanted, now=time.time())

    async def reach(self, peer_id: str, send: Callable[[ClientPool], Awaitable[T]]) -> T:
        """Gives `send` the connections to a peer, with this certificate; again when its chain had to be checked first.

        Raises:
            FscError: a certificate of the peer's server is revoked, or that is not known.
            WireError: what `send` raises.
        """
        if peer_id not in self._pools:
            self._pools[peer_id] = ClientPool(PeerTls(self.snapshot, peer_id, self._chains), _CONNECTIONS)
        pool = self._pools[peer_id]
        try:
            return await send(pool)
        except TlsError as error:
            if not isinstance(error.__cause__, UncheckedError):
                raise
            chain = error.__cause__.chain
        await self._chains.check(chain)
        return await send(pool)

    async def aclose(self) -> None:
        """Closes all connections."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))

    async def _fetch_grants(self) -> Grants:
        grants = await self._grants_of(self.key_thumbprint, self.names)
        self.tokens.retain(grants)
        return grants

    async def _fetch_token(self, grant: OutwayService) -> Token:
        try:
            async with asyncio.timeout(_TOKEN_SECONDS):
                status, content = await self.reach(grant.service_peer_id, lambda pool: self._ask_token(pool, grant))
        except TimeoutError:
            self._metrics.token("unreachable")
            raise unavailable(grant, f"nothing within {_TOKEN_SECONDS:g} s") from None
        except WireError as error:
            self._metrics.token("unreachable")
            raise unavailable(grant, str(error)) from error
        try:
            token = read_answer(status, content, grant, self._expected, now=time.time())
        except FscError:
            self._metrics.token("refused" if status != _OK else "unusable")
            raise
        self._metrics.token("issued")
        return token

    async def _ask_token(self, pool: ClientPool, grant: OutwayService) -> tuple[int, bytes]:
        parts = urlsplit(grant.manager_address)
        request = pool.request(
            Origin("https", parts.hostname or "", parts.port or 443),
            b"POST",
            b"/v1/token",
            [_FORM, (b"accept", b"application/json")],
            form(grant.grant_hash, self.snapshot.peer_id),
            timeout=_TOKEN_TIMEOUTS,
        )
        async with request as answer:
            return answer.status, await read(answer.body, _LONGEST_TOKEN)
