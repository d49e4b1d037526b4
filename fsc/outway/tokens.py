"""The access tokens of one certificate: kept until shortly before they expire, and renewed ahead."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import structlog

from wegennet.fsc.core.errors import FscError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container

    from wegennet.fsc.api.manager_internal import OutwayService
    from wegennet.fsc.outway.token import Token

log = structlog.get_logger(__name__)

# Of the life of a token, the part at its end in which it is renewed, and in which it is no longer used.
_RENEWED: Final = 0.25
_NOT_USED: Final = 0.1
# Seconds at most of that, so that a long life is used; a request must still arrive at the Inway with it.
_LATEST: Final = 10.0
# After a failure, others that want the same token get the same answer for so many seconds.
_REMEMBERED: Final = 1.0
# A token that an Inway refuses this soon after it was given would be followed by another one that is refused.
_YOUNG: Final = 1.0


class Tokens:
    """Gives the token of a grant; of all that want one at the same time, one asks for it.

    Args:
        fetch: asks the Manager of the service's peer; raises `FscError`.
        clock: Unix seconds.
    """

    def __init__(
        self, fetch: Callable[[OutwayService], Awaitable[Token]], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: dict[str, Token] = {}
        self._asking: dict[str, asyncio.Task[Token]] = {}
        self._failed: dict[str, tuple[float, FscError]] = {}

    async def get(self, grant: OutwayService) -> Token:
        """A token for `grant` that lasts long enough to be used.

        Raises:
            FscError: there is none.
        """
        token = self._kept.get(grant.grant_hash)
        now = self._clock()
        if token is None or now >= _ends(token, _NOT_USED):
            return await self._obtain(grant)
        if now >= _ends(token, _RENEWED) and not self._failure(grant):
            self._ask(grant)
        return token

    async def instead(self, grant: OutwayService, refused: Token) -> Token:
        """A token after an Inway refused one; the same one again when it was given just now.

        Raises:
            FscError: there is none.
        """
        if self._clock() - refused.obtained_at < _YOUNG:
            return refused
        if self._kept.get(grant.grant_hash) is refused:
            del self._kept[grant.grant_hash]
        return await self.get(grant)

    def retain(self, grant_hashes: Container[str]) -> None:
        """Forgets the tokens of grants that are no longer usable."""
        for kept in (self._kept, self._failed):
            for grant_hash in [known for known in kept if known not in grant_hashes]:
                del kept[grant_hash]

    async def _obtain(self, grant: OutwayService) -> Token:
        if failure := self._failure(grant):
            raise failure.with_traceback(None)
        # A client that goes away must not take along what others wait for.
        return await asyncio.shield(self._ask(grant))

    def _failure(self, grant: OutwayService) -> FscError | None:
        until, error = self._failed.get(grant.grant_hash, (0.0, None))
        return error if self._clock() < until else None

    def _ask(self, grant: OutwayService) -> asyncio.Task[Token]:
        if (asking := self._asking.get(grant.grant_hash)) is not None:
            return asking
        task = asyncio.create_task(self._asked(grant), name="access token")
        self._asking[grant.grant_hash] = task
        # Nobody may wait for a renewal that fails.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def _asked(self, grant: OutwayService) -> Token:
        try:
            token = await self._fetch(grant)
        except FscError as error:
            log.warning("no access token", service=grant.service_name, peer_id=grant.service_peer_id, reason=str(error))
            self._failed[grant.grant_hash] = (self._clock() + _REMEMBERED, error)
            raise
        finally:
            del self._asking[grant.grant_hash]
        self._failed.pop(grant.grant_hash, None)
        self._kept[grant.grant_hash] = token
        return token


def _ends(token: Token, part: float) -> float:
    """When the last part of a token's life begins, Unix seconds."""
    left = token.claims.expires_at - token.obtained_at
    return token.claims.expires_at - min(left * part, _LATEST * part / _NOT_USED)
