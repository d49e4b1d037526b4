"""Runs errands: claims what is due, has it done, and puts off what went wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

import structlog

from wegennet.fsc.core.errors import FscError
from wegennet.fsc.manager import backoff
from wegennet.fsc.manager.store import errands
from wegennet.fsc.service.client import CallError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wegennet.fsc.manager.store.errands import Action, Errand
    from wegennet.fsc.storage.database import Database

log = structlog.get_logger(__name__)

LEASE_SECONDS: Final = 30.0
TRY_SECONDS: Final = 20.0
"""How long one try may take; well within the lease, so that nobody else begins while it is under way."""
POLL_SECONDS: Final = 2.0
"""How long at most until an errand is seen that another replica left behind."""
AT_ONCE: Final = 16


class Handler(Protocol):
    """Does errands of some kind; says in the database how it ended when it went well.

    Raises:
        CallError: the other side didn't answer, or refused.
        FscError: what it answered is not to be trusted.
    """

    async def __call__(self, errand: Errand) -> None:
        """Does one errand."""


class ErrandRunner:
    """The part of a replica that does errands, its own and those of replicas that are gone.

    Args:
        database: has the errands.
        handlers: who does what.
        new: set when there is an errand that is due now.
    """

    def __init__(self, database: Database, handlers: Mapping[Action, Handler], new: asyncio.Event) -> None:
        self._database = database
        self._handlers = handlers
        self._new = new
        self._holder = uuid4()

    async def run(self) -> None:
        """Does errands without end; what is under way when this is cancelled is given back."""
        try:
            await self._run()
        finally:
            async with self._database.transaction() as connection:
                await errands.give_back(connection, self._holder)

    async def _run(self) -> None:
        free = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tries:
            while True:
                await free.acquire()
                errand = await self._claim()
                if errand is None:
                    free.release()
                    await self._pause()
                else:
                    attempt = tries.create_task(self._attempt(errand))
                    attempt.add_done_callback(lambda _: free.release())

    async def _claim(self) -> Errand | None:
        self._new.clear()
        async with self._database.transaction() as connection:
            return await errands.claim(connection, self._holder, LEASE_SECONDS)

    async def _pause(self) -> None:
        async with self._database.transaction() as connection:
            seconds = await errands.seconds_to_next(connection)
        # Something that is due and was not to be claimed is of a busy peer: its end wakes us.
        pause = POLL_SECONDS if not seconds else min(seconds, POLL_SECONDS)
        try:
            async with asyncio.timeout(pause):
                await self._new.wait()
        except TimeoutError:
            pass

    async def _attempt(self, errand: Errand) -> None:
        try:
            async with asyncio.timeout(TRY_SECONDS):
                await self._handlers[errand.action](errand)
        except UnreachableError as error:
            await self._failed(errand, str(error), unreachable=True)
        except TimeoutError:
            await self._failed(errand, f"It took longer than {TRY_SECONDS:.0f} s.", unreachable=True)
        except (CallError, FscError) as error:
            await self._failed(errand, str(error))
        except Exception as error:
            log.exception("errand crashed", **_named(errand))
            await self._failed(errand, f"Something failed inside: {type(error).__name__}.")
        self._new.set()

    async def _failed(self, errand: Errand, reason: str, *, unreachable: bool = False) -> None:
        after = backoff.pause(errand.failures)
        log.warning("errand failed", reason=reason, retry_seconds=round(after, 1), **_named(errand))
        async with self._database.transaction() as connection:
            if unreachable and await errands.announced_meanwhile(connection, errand):
                after, unreachable = 0.0, False
            await errands.failed(connection, errand, reason, after, unreachable=unreachable)
            if unreachable:
                await errands.hold_back(connection, errand, after)


def _named(errand: Errand) -> dict[str, str]:
    return {"content_hash": errand.content_hash, "peer_id": errand.peer_id, "action": errand.action}
