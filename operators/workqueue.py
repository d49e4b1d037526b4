"""A queue of keys to reconcile: each key once, never two at a time, failures with a growing delay.

The semantics of client-go's workqueue: a key that is added while it is being worked on comes back once that work is
done.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

_FIRST_DELAY: Final = 0.2
_LONGEST_DELAY: Final = 60.0


def backoff(failures: int) -> float:
    """Seconds before the next try after so many failures in a row: 0.2 doubling to 60."""
    return float(min(_FIRST_DELAY * 2 ** min(failures - 1, 20), _LONGEST_DELAY))


class WorkQueue:
    """Keys that wait for a reconcile."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._dirty: set[str] = set()
        self._working: set[str] = set()
        self._failures: dict[str, int] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._something = asyncio.Event()

    def __len__(self) -> int:
        return len(self._dirty)

    def add(self, key: str) -> None:
        """Asks for a reconcile of `key`, unless one is waiting already."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working:
            self._enqueue(key)

    def add_later(self, key: str, delay: float) -> None:
        """Asks for a reconcile of `key` in `delay` seconds; a later call replaces an earlier one."""
        if timer := self._timers.pop(key, None):
            timer.cancel()
        self._timers[key] = asyncio.get_running_loop().call_later(delay, self._due, key)

    async def take(self) -> str:
        """The next key; whoever takes it says `done` or `failed` afterwards."""
        while not self._waiting:
            self._something.clear()
            await self._something.wait()
        key = self._waiting.popleft()
        self._dirty.discard(key)
        self._working.add(key)
        return key

    def done(self, key: str) -> None:
        """The reconcile of `key` ended well."""
        self._failures.pop(key, None)
        self._release(key)

    def failed(self, key: str) -> float:
        """The reconcile of `key` failed; gives the seconds until it is tried again."""
        self._failures[key] = self._failures.get(key, 0) + 1
        delay = backoff(self._failures[key])
        self.add_later(key, delay)
        self._release(key)
        return delay

    def _due(self, key: str) -> None:
        self._timers.pop(key, None)
        self.add(key)

    def _release(self, key: str) -> None:
        self._working.discard(key)
        if key in self._dirty:
            self._enqueue(key)

    def _enqueue(self, key: str) -> None:
        self._waiting.append(key)
        self._something.set()
