from __future__ import annotations

import asyncio

from wegennet.fsc.service.metrics import Metrics
from wegennet.fsc.service.supervision import Backoff, supervise


def test_a_task_that_crashes_is_started_again_until_it_returns() -> None:
    runs = []

    async def run() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise RuntimeError("crash")

    metrics = Metrics()
    asyncio.run(supervise("task", run, metrics, Backoff(0.001, 0.002)))
    assert len(runs) == 3
    assert metrics.registry.get_sample_value("fsc_background_task_crashes_total", {"task": "task"}) == 2


def test_a_task_that_is_cancelled_stays_so() -> None:
    async def run() -> None:
        await asyncio.Event().wait()

    async def scenario() -> bool:
        task = asyncio.create_task(supervise("task", run, Metrics(), Backoff()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled()

    assert asyncio.run(scenario())


def test_pauses_grow_up_to_the_longest() -> None:
    backoff = Backoff(1, 5)
    assert [backoff.next(pause) for pause in (1, 2, 4, 5)] == [2, 4, 5, 5]
