"""Registering at the Controller, again and again."""

from __future__ import annotations

import asyncio

from wegennet.fsc.gateway.registration import keep_registered
from wegennet.fsc.service.client import UnreachableError


class Controller:
    """Counts; fails so often."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.asked = 0
        self.once, self.often = asyncio.Event(), asyncio.Event()

    async def register(self) -> None:
        self.asked += 1
        self.once.set()
        if self.asked <= self.failures:
            raise UnreachableError("connection refused")
        if self.asked >= 2:
            self.often.set()


def test_it_registers_again_and_again() -> None:
    async def scenario() -> None:
        controller = Controller()
        task = asyncio.create_task(keep_registered(controller.register, every=0.01))
        await asyncio.wait_for(controller.often.wait(), 5)
        task.cancel()

    asyncio.run(scenario())


def test_it_tries_again_after_a_failure() -> None:
    async def scenario() -> None:
        controller = Controller(failures=1)
        task = asyncio.create_task(keep_registered(controller.register, every=60))
        await asyncio.wait_for(controller.often.wait(), 5)
        task.cancel()

    asyncio.run(scenario())


def test_it_registers_at_once_when_something_changed() -> None:
    async def scenario() -> None:
        controller, changed = Controller(), asyncio.Event()
        task = asyncio.create_task(keep_registered(controller.register, changed=changed, every=60))
        await controller.once.wait()
        changed.set()
        await asyncio.wait_for(controller.often.wait(), 5)
        task.cancel()

    asyncio.run(scenario())
