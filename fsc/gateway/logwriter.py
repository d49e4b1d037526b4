"""Writes a transaction's record before the request goes on (FSC Logging 3.3.1.1, 3.4.1.1).

Group commit: while a write is under way, records gather and go together in the next one. A request waits for the
confirmation of its own record; without it the request is refused and nothing is sent on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import structlog

from wegennet.fsc.core.errors import ErrorCode, FscError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = structlog.get_logger(__name__)

R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)

_RETRY_AFTER: Final = 0.1


class LogUnavailableError(Exception):
    """The log did not confirm; the same records may be offered again."""


class LogRefusedError(Exception):
    """The log does not take these records, now or later."""


class TransactionLog(Protocol[R_contra]):
    """Where records are stored."""

    async def store(self, records: Sequence[R_contra], /) -> None:
        """Returns when all records are stored; gives up after a time of its own.

        Raises:
            LogUnavailableError: it is not known whether they are stored.
            LogRefusedError: none is stored.
        """


@dataclass(frozen=True, slots=True)
class WriterLimits:
    """How records gather: at most `batch` in a write, `writes` under way at once, `queue` waiting.

    `patience` is the seconds that a request waits for its record.
    """

    batch: int = 500
    writes: int = 2
    queue: int = 10_000
    patience: float = 5.0


@dataclass(slots=True)
class _Entry(Generic[R]):
    record: R
    deadline: float
    stored: asyncio.Future[None]


class LogWriter(Generic[R]):
    """Writes records in groups.

    Args:
        transaction_log: stores them.
        limits: sizes and times.
        on_batch: told the size of each write that is confirmed.
    """

    def __init__(
        self,
        transaction_log: TransactionLog[R],
        *,
        limits: WriterLimits | None = None,
        on_batch: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._log = transaction_log
        self._limits = limits or WriterLimits()
        self._on_batch = on_batch
        self._waiting: deque[_Entry[R]] = deque()
        self._working = 0
        self._writers: set[asyncio.Task[None]] = set()

    async def write(self, record: R) -> None:
        """Returns when the record is stored.

        Raises:
            FscError: TRANSACTION_LOG_WRITE_ERROR; the request must be refused.
        """
        if len(self._waiting) >= self._limits.queue:
            raise _not_written("more records wait than the transaction log takes")
        loop = asyncio.get_running_loop()
        entry = _Entry(record, loop.time() + self._limits.patience, loop.create_future())
        self._waiting.append(entry)
        self._start()
        try:
            async with asyncio.timeout_at(entry.deadline):
                await entry.stored
        except TimeoutError:
            raise _not_written(f"the transaction log did not confirm within {self._limits.patience:g} s") from None

    def _start(self) -> None:
        if self._working >= self._limits.writes:
            return
        self._working += 1
        writer = asyncio.create_task(self._work(), name="write transaction records")
        self._writers.add(writer)
        writer.add_done_callback(self._writers.discard)

    async def _work(self) -> None:
        try:
            while batch := self._take():
                await self._offer(batch)
        finally:
            # In the same step as the look that found nothing: a record that comes later starts a writer.
            self._working -= 1

    def _take(self) -> list[_Entry[R]]:
        """The next records whose requests still wait."""
        batch: list[_Entry[R]] = []
        while self._waiting and len(batch) < self._limits.batch:
            entry = self._waiting.popleft()
            if not entry.stored.done():
                batch.append(entry)
        return batch

    async def _offer(self, batch: list[_Entry[R]]) -> None:
        """One write; records without an answer are offered again with the next, while their requests have time."""
        try:
            await self._log.store([entry.record for entry in batch])
        except LogUnavailableError as error:
            log.warning("transaction log away", records=len(batch), error=str(error))
            await asyncio.sleep(_RETRY_AFTER)
            self._waiting.extendleft(reversed(batch))
        except LogRefusedError as error:
            await self._refused(batch, error)
        else:
            self._on_batch(len(batch))
            _settle(batch, None)

    async def _refused(self, batch: list[_Entry[R]], error: LogRefusedError) -> None:
        """One record that the log does not take must not cost the others their requests: each is offered alone."""
        if len(batch) > 1:
            for entry in batch:
                await self._offer([entry])
            return
        log.error("transaction log refuses a record", error=str(error))
        _settle(batch, _not_written("the transaction log refuses the record"))


def _settle(batch: list[_Entry[R]], error: FscError | None) -> None:
    for entry in batch:
        if entry.stored.done():
            continue
        if error:
            entry.stored.set_exception(error)
        else:
            entry.stored.set_result(None)


def _not_written(reason: str) -> FscError:
    return FscError(
        ErrorCode.TRANSACTION_LOG_WRITE_ERROR, f"The transaction could not be logged, so it was not sent on: {reason}."
    )
