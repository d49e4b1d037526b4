"""The log writer: group commit, refusal when a record is not confirmed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.gateway.logwriter import LogRefusedError, LogUnavailableError, LogWriter, WriterLimits

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence


class Log:
    """A transaction log that answers when it is told to, once for each fault and then well."""

    def __init__(self, *, faults: list[Exception] | None = None, poison: str = "", held: bool = False) -> None:
        self.batches: list[list[str]] = []
        self.faults = faults or []
        self.poison = poison
        self.answers = asyncio.Event()
        self.offered = asyncio.Event()
        if not held:
            self.answers.set()

    async def store(self, records: Sequence[str]) -> None:
        self.batches.append(list(records))
        self.offered.set()
        await self.answers.wait()
        if self.poison in records:
            raise LogRefusedError("no such service")
        if self.faults:
            raise self.faults.pop(0)


def run(test: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 5))


def test_a_single_record_is_written_at_once() -> None:
    async def scenario() -> None:
        log = Log()
        await LogWriter(log).write("a")
        assert log.batches == [["a"]]

    run(scenario())


def test_records_gather_while_a_write_is_under_way() -> None:
    async def scenario() -> None:
        log = Log(held=True)
        writer = LogWriter(log, limits=WriterLimits(writes=1))
        first = asyncio.create_task(writer.write("a"))
        await log.offered.wait()
        others = [asyncio.create_task(writer.write(record)) for record in "bcd"]
        await asyncio.sleep(0)
        log.answers.set()
        await asyncio.gather(first, *others)
        assert log.batches == [["a"], ["b", "c", "d"]]

    run(scenario())


def test_a_batch_has_a_largest_size() -> None:
    async def scenario() -> None:
        log = Log()
        writer = LogWriter(log, limits=WriterLimits(writes=1, batch=2))
        await asyncio.gather(*(writer.write(record) for record in "abcde"))
        assert [len(batch) for batch in log.batches] == [2, 2, 1]

    run(scenario())


def test_a_request_waits_for_its_record() -> None:
    async def scenario() -> None:
        log = Log(held=True)
        write = asyncio.create_task(LogWriter(log).write("a"))
        await log.offered.wait()
        assert not write.done()
        log.answers.set()
        await write

    run(scenario())


def test_a_record_without_an_answer_is_offered_again() -> None:
    async def scenario() -> None:
        log = Log(faults=[LogUnavailableError("connection reset")])
        await LogWriter(log).write("a")
        assert log.batches == [["a"], ["a"]]

    run(scenario())


def test_a_log_that_does_not_confirm_in_time_refuses_the_request() -> None:
    async def scenario() -> None:
        writer = LogWriter(Log(held=True), limits=WriterLimits(patience=0.05))
        with pytest.raises(FscError) as refusal:
            await writer.write("a")
        assert refusal.value.code == ErrorCode.TRANSACTION_LOG_WRITE_ERROR

    run(scenario())


def test_a_record_that_nobody_waits_for_is_not_offered_again() -> None:
    async def scenario() -> None:
        log = Log(faults=[LogUnavailableError("away")] * 100)
        writer = LogWriter(log, limits=WriterLimits(patience=0.05))
        with pytest.raises(FscError):
            await writer.write("a")
        log.faults.clear()
        await writer.write("b")
        assert log.batches[-1] == ["b"]

    run(scenario())


def test_a_record_that_is_refused_does_not_cost_the_others_their_requests() -> None:
    async def scenario() -> None:
        log = Log(poison="bad")
        writer = LogWriter(log, limits=WriterLimits(writes=1))
        outcomes = await asyncio.gather(*(writer.write(r) for r in ["a", "bad", "b"]), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None), FscError, type(None)]

    run(scenario())


def test_more_records_than_may_wait_are_refused_at_once() -> None:
    async def scenario() -> None:
        writer = LogWriter(Log(held=True), limits=WriterLimits(queue=1))
        waiting = asyncio.create_task(writer.write("a"))
        await asyncio.sleep(0)
        with pytest.raises(FscError, match="more records wait"):
            await writer.write("b")
        waiting.cancel()

    run(scenario())


def test_a_record_that_comes_as_the_last_write_ends_is_written_too() -> None:
    async def scenario() -> None:
        log = Log()
        writer = LogWriter(log, limits=WriterLimits(writes=1))
        for record in "abc":
            await writer.write(record)
        assert log.batches == [["a"], ["b"], ["c"]]

    run(scenario())


def test_the_size_of_a_confirmed_write_is_told() -> None:
    async def scenario() -> None:
        sizes: list[int] = []
        await LogWriter(Log(), on_batch=sizes.append).write("a")
        assert sizes == [1]

    run(scenario())
