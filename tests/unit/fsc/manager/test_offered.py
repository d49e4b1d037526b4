from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from wegennet.fsc.api.controller import Service
from wegennet.fsc.manager.offered import FRESH_SECONDS, STALE_SECONDS, ControllerAwayError, OfferedServices
from wegennet.fsc.service.client import ApiClient, UnreachableError

INWAY = "https://inway.test:8443"


class Controller:
    """A Controller with one service that may be away; `asked` counts."""

    def __init__(self) -> None:
        self.away = False
        self.asked = 0

    async def get(self, *_: Any) -> Service:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise UnreachableError("The controller does not answer.")
        return Service(name="service", endpoint_url="http://service.test", inway_address=INWAY)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def made() -> tuple[OfferedServices, Controller, Clock]:
    controller, clock = Controller(), Clock()
    return OfferedServices(cast("ApiClient", controller), "fsc.test", clock), controller, clock


def test_those_who_wait_for_a_controller_that_is_away_do_not_wait_in_turn() -> None:
    offered, controller, _ = made()
    controller.away = True

    async def ask() -> list[Any]:
        return await asyncio.gather(*(offered.inway_address("service") for _ in range(5)), return_exceptions=True)

    answers = asyncio.run(ask())
    assert {type(answer) for answer in answers} == {ControllerAwayError}
    assert controller.asked == 1


def test_a_controller_that_is_back_is_asked_again() -> None:
    offered, controller, clock = made()
    controller.away = True
    with pytest.raises(ControllerAwayError):
        asyncio.run(offered.inway_address("service"))
    controller.away = False
    clock.now += FRESH_SECONDS
    assert asyncio.run(offered.inway_address("service")) == INWAY


def test_what_a_controller_said_is_used_while_it_is_away_but_not_for_ever() -> None:
    offered, controller, clock = made()
    asyncio.run(offered.inway_address("service"))
    controller.away = True
    clock.now += STALE_SECONDS
    assert asyncio.run(offered.inway_address("service")) == INWAY
    clock.now += FRESH_SECONDS
    with pytest.raises(ControllerAwayError):
        asyncio.run(offered.inway_address("service"))
