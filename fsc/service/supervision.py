"""Background tasks that are started again when they crash, with growing pauses."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wegennet.fsc.service.metrics import Metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds: the first pause, and the longest; each is twice the one before."""

    first: float = 1.0
    longest: float = 60.0

    def next(self, pause: float) -> float:
        """The pause after `pause`."""
        return min(pause * 2, self.longest)


async def supervise(name: str, run: Callable[[], Awaitable[None]], metrics: Metrics, backoff: Backoff) -> None:
    """Runs until `run` returns; after an exception again, at first soon, and anew so when it lasted."""
    pause = backoff.first
    while True:
        began = time.monotonic()
        try:
            await run()
        except Exception:
            if time.monotonic() - began > backoff.longest:
                pause = backoff.first
            log.exception("background task crashed", task=name, retry_seconds=pause)
            metrics.task_crashes.labels(name).inc()
        else:
            return
        await asyncio.sleep(pause)
        pause = backoff.next(pause)
