"""Registers a gateway at its peer's Controller, again and again: what is not heard of for long is taken for gone."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import structlog

from wegennet.fsc.service.client import CallError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger(__name__)

_EVERY: Final = 30.0
_FIRST_RETRY: Final = 1.0


async def keep_registered(
    register: Callable[[], Awaitable[None]], *, changed: asyncio.Event | None = None, every: float = _EVERY
) -> None:
    """Calls `register` every half minute, and when something `changed`; after a `CallError` at first in a second."""
    failures = 0
    changed = changed or asyncio.Event()
    while True:
        changed.clear()
        try:
            await register()
        except CallError as error:
            log.warning("not registered at the controller", error=str(error), failures=failures + 1)
            failures += 1
        else:
            if failures:
                log.info("registered at the controller")
            failures = 0
        pause = min(_FIRST_RETRY * 2.0 ** (failures - 1), every) if failures else every
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), pause)
