"""Time limits without a timer per request: one sweep looks at all connections a few times a second.

Setting a limit is then an assignment, which matters because every request sets several.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import asyncio

_log = logging.getLogger(__name__)

NEVER: Final = math.inf
_LONGEST: Final = 1.0
_SHORTEST: Final = 0.02


class Watched(Protocol):
    """Something with time limits."""

    def check(self, now: float) -> None:
        """Acts when a limit has passed at loop time `now`."""


class Sweep:
    """Calls `check` of everything in `members`, as often as a quarter of the shortest limit asks for."""

    def __init__(self, loop: asyncio.AbstractEventLoop, shortest_limit: float) -> None:
        self._loop = loop
        self._interval = min(max(shortest_limit / 4, _SHORTEST), _LONGEST)
        self._timer: asyncio.TimerHandle | None = None
        self.members: set[Watched] = set()

    def add(self, member: Watched) -> None:
        """Watches `member` until it is discarded."""
        self.members.add(member)
        if self._timer is None:
            self._timer = self._loop.call_later(self._interval, self._run)

    def discard(self, member: Watched) -> None:
        """Watches `member` no longer."""
        self.members.discard(member)

    def _run(self) -> None:
        self._timer = self._loop.call_later(self._interval, self._run) if self.members else None
        now = self._loop.time()
        for member in tuple(self.members):
            try:
                member.check(now)
            except Exception:  # noqa: BLE001 - one connection must not take the limits from the others
                _log.exception("The time limits of a connection could not be checked")
