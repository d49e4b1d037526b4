"""A value that is kept from elsewhere: refreshed in the background and on demand, used while its source is away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import structlog

from wegennet.fsc.service.client import CallError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger(__name__)

T = TypeVar("T")

_FIRST_RETRY: Final = 1.0


class Refreshed(Generic[T]):
    """The last value that its source gave.

    Args:
        name: what the value is, for the log.
        fetch: asks the source; raises `CallError`.
        every: seconds between two refreshes in the background.
        pause: seconds at least between two questions, so that a flood of unknown keys is none at the source.
    """

    def __init__(self, name: str, fetch: Callable[[], Awaitable[T]], *, every: float, pause: float = 1.0) -> None:
        self._name = name
        self._fetch = fetch
        self._every = every
        self._pause = pause
        self._started = float("-inf")
        self._failures = 0
        self._refresh: asyncio.Task[bool] | None = None
        self.value: T | None = None

    @property
    def known(self) -> bool:
        """Whether the source has answered once."""
        return self.value is not None

    async def run(self) -> None:
        """Refreshes for ever; a source that is away is asked again sooner, at first every second."""
        while True:
            await self.renew()
            await asyncio.sleep(self.interval)

    @property
    def interval(self) -> float:
        """Seconds until the next refresh in the background."""
        return min(_FIRST_RETRY * 2.0 ** (self._failures - 1), self._every) if self._failures else self._every

    async def renew(self) -> bool:
        """Asks the source now, or shares the question that is under way; gives whether it answered.

        A caller that goes away does not take the others' question along.
        """
        if self._refresh is None or self._refresh.done():
            self._refresh = asyncio.create_task(self._ask(), name=f"refresh {self._name}")
        return await asyncio.shield(self._refresh)

    async def _ask(self) -> bool:
        loop = asyncio.get_running_loop()
        if (wait := self._started + self._pause - loop.time()) > 0:
            await asyncio.sleep(wait)
        self._started = loop.time()
        try:
            self.value = await self._fetch()
        except CallError as error:
            self._failures += 1
            log.warning("not refreshed", what=self._name, error=str(error), failures=self._failures)
            return False
        self._failures = 0
        return True
