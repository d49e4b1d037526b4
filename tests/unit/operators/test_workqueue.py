"""The queue: each key once, never two at a time, failures later."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from wegennet.operators.workqueue import WorkQueue, backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def run(test: Callable[[WorkQueue], Coroutine[Any, Any, None]]) -> None:
    async def within() -> None:
        await asyncio.wait_for(test(WorkQueue()), 5)

    asyncio.run(within())


def test_a_key_that_waits_is_not_added_twice() -> None:
    async def scenario(queue: WorkQueue) -> None:
        queue.add("a")
        queue.add("a")
        assert (await queue.take(), len(queue)) == ("a", 0)

    run(scenario)


def test_a_key_added_while_it_is_worked_on_comes_back_after_that_work_and_not_before() -> None:
    async def scenario(queue: WorkQueue) -> None:
        queue.add("a")
        queue.add("b")
        first = await queue.take()
        queue.add("a")
        assert await queue.take() == "b"
        queue.done(first)
        assert await queue.take() == "a"

    run(scenario)


def test_who_waits_is_woken_by_the_next_key() -> None:
    async def scenario(queue: WorkQueue) -> None:
        waiting = asyncio.create_task(queue.take())
        await asyncio.sleep(0)
        queue.add("a")
        assert await waiting == "a"

    run(scenario)


def test_a_failed_key_comes_back_by_itself() -> None:
    async def scenario(queue: WorkQueue) -> None:
        queue.add("a")
        key = await queue.take()
        assert queue.failed(key) == pytest.approx(0.2)
        assert await queue.take() == "a"

    run(scenario)


def test_success_forgets_earlier_failures() -> None:
    async def scenario(queue: WorkQueue) -> None:
        queue.failed("a")
        queue.failed("a")
        queue.done("a")
        assert queue.failed("a") == pytest.approx(0.2)

    run(scenario)


def test_the_delay_doubles_up_to_a_minute() -> None:
    assert [backoff(n) for n in (1, 2, 3, 9, 10, 1000)] == [0.2, 0.4, 0.8, 51.2, 60.0, 60.0]
