"""A value kept from elsewhere: shared questions, pauses, use while the source is away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wegennet.fsc.gateway.refresh import Refreshed
from wegennet.fsc.service.client import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Source:
    """Counts the questions; fails while it is away."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.often = asyncio.Event()

    async def fetch(self) -> int:
        self.asked += 1
        if self.asked >= 3:
            self.often.set()
        await asyncio.sleep(0)
        if self.away:
            raise UnreachableError("connection refused")
        return self.asked


def run(test: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 5))


def test_callers_at_one_moment_share_one_question() -> None:
    async def scenario() -> None:
        source = Source()
        kept = Refreshed("numbers", source.fetch, every=60)
        await asyncio.gather(*(kept.renew() for _ in range(50)))
        assert source.asked == 1

    run(scenario())


def test_a_second_question_waits_for_the_pause() -> None:
    async def scenario() -> None:
        source = Source()
        kept = Refreshed("numbers", source.fetch, every=60, pause=0.1)
        began = asyncio.get_running_loop().time()
        await kept.renew()
        await kept.renew()
        assert (kept.value, asyncio.get_running_loop().time() - began >= 0.1) == (2, True)

    run(scenario())


def test_the_value_stays_while_the_source_is_away() -> None:
    async def scenario() -> None:
        source = Source()
        kept = Refreshed("numbers", source.fetch, every=60, pause=0)
        await kept.renew()
        source.away = True
        assert (await kept.renew(), kept.value) == (False, 1)

    run(scenario())


def test_nothing_is_known_before_the_source_has_answered() -> None:
    async def scenario() -> None:
        source = Source()
        source.away = True
        kept = Refreshed("numbers", source.fetch, every=60)
        await kept.renew()
        assert not kept.known

    run(scenario())


def test_a_caller_that_goes_away_does_not_take_the_question_along() -> None:
    async def scenario() -> None:
        source = Source()
        kept = Refreshed("numbers", source.fetch, every=60)
        hasty = asyncio.create_task(kept.renew())
        patient = asyncio.create_task(kept.renew())
        await asyncio.sleep(0)
        hasty.cancel()
        assert await patient

    run(scenario())


def test_it_refreshes_by_itself() -> None:
    async def scenario() -> None:
        source = Source()
        kept = Refreshed("numbers", source.fetch, every=0.01, pause=0)
        background = asyncio.create_task(kept.run())
        await source.often.wait()
        background.cancel()

    run(scenario())
