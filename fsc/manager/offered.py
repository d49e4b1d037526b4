"""Which Inway offers a service of ours, by our Controller; remembered shortly, and longer while it is away."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import structlog

from wegennet.fsc.api.controller import Service
from wegennet.fsc.service.client import AnswerError, CallError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.service.client import ApiClient

log = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 5.0
STALE_SECONDS: Final = 300.0
_NOT_FOUND: Final = 404


class ControllerAwayError(Exception):
    """The Controller doesn't answer, and what it said before is too old."""


@dataclass(frozen=True, slots=True)
class _Answer:
    inway_address: str | None
    at: float


class OfferedServices:
    """Asks the Controller.

    Args:
        controller: its registration API.
        group_id: of our group.
        clock: seconds that only go up.
    """

    def __init__(self, controller: ApiClient, group_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._controller = controller
        self._group_id = group_id
        self._clock = clock
        self._answers: dict[str, _Answer] = {}
        self._failures: dict[str, tuple[float, str]] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def inway_address(self, service_name: str) -> str | None:
        """URL of the Inway that offers a service; None when none does.

        Raises:
            ControllerAwayError: there is nobody to ask.
        """
        lock = self._locks.setdefault(service_name, asyncio.Lock())
        async with lock:
            known = self._answers.get(service_name)
            if known is not None and self._clock() - known.at < FRESH_SECONDS:
                return known.inway_address
            try:
                answer = _Answer(await self._ask_unless_in_vain(service_name), self._clock())
            except CallError as error:
                if known is None or self._clock() - known.at > STALE_SECONDS:
                    raise ControllerAwayError(str(error)) from error
                log.warning("the controller does not answer; what it said before is used", reason=str(error))
                return known.inway_address
            self._answers[service_name] = answer
            return answer.inway_address

    async def _ask_unless_in_vain(self, service_name: str) -> str | None:
        """Asks, unless that failed just now: all who wait for an answer would wait for the same failure in turn."""
        at, reason = self._failures.get(service_name, (0.0, ""))
        if reason and self._clock() - at < FRESH_SECONDS:
            raise UnreachableError(reason)
        try:
            address = await self._ask(service_name)
        except CallError as error:
            self._failures[service_name] = self._clock(), str(error)
            raise
        self._failures.pop(service_name, None)
        return address

    async def _ask(self, service_name: str) -> str | None:
        path = f"/groups/{self._group_id}/services/{service_name}"
        try:
            return (await self._controller.get(path, Service)).inway_address
        except AnswerError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
