"""Replicas that die, restart or stand by; an API server that goes away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.api import GROUP, condition
from support.waiting import eventually, stays

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.api import Api
    from support.operator import Platform, Process

pytestmark = pytest.mark.integration

TWELVE = range(1, 13)


def all_ready(api: Api) -> bool:
    items = api.get(f"{GROUP}/municipalities")["items"]
    return len(items) == len(TWELVE) and all(condition(one).get("status") == "True" for one in items)


def test_killed_midway_it_converges_with_nothing_lost_or_doubled(
    platform: Platform, api: Api, operator: Process, start_operator: Callable[[str], Process]
) -> None:
    for number in TWELVE:
        platform.declare(number)
    eventually(lambda: operator.writes() > 20, every=0.005)
    operator.kill()
    assert not all_ready(api), "it was killed too late to show anything"
    api.delete("/apis/coordination.k8s.io/v1/namespaces/wegennet-system/leases/wegennet-operator")
    start_operator("two")
    eventually(lambda: all_ready(api), within=30)
    policies = api.get("/apis/networking.k8s.io/v1/networkpolicies")["items"]
    assert sum(one["metadata"]["namespace"].startswith("gm") for one in policies) == 2 * len(TWELVE)


def test_a_restart_with_all_ready_writes_nothing_but_its_lease(
    platform: Platform, api: Api, operator: Process, start_operator: Callable[[str], Process]
) -> None:
    for number in TWELVE:
        platform.declare(number)
    eventually(lambda: all_ready(api))
    assert operator.stop() == 0
    restarted = start_operator("two")
    eventually(restarted.settled)
    stays(lambda: restarted.writes() == 0)


def test_one_of_two_replicas_leads_and_the_other_takes_over_when_it_stops(
    platform: Platform, operator: Process, start_operator: Callable[[str], Process]
) -> None:
    standby = start_operator("two")
    eventually(lambda: standby.get("/readyz") == "ok\n")
    stays(lambda: operator.leads() and not standby.leads())
    operator.stop()
    eventually(standby.leads, within=10)
    platform.provisioned(513)


def test_a_standby_takes_over_from_a_leader_that_was_killed(
    platform: Platform, operator: Process, start_operator: Callable[[str], Process]
) -> None:
    standby = start_operator("two")
    operator.kill()
    eventually(standby.leads, within=40)
    platform.provisioned(513)


def test_it_survives_a_restart_of_the_api_server(
    platform: Platform, api: Api, operator: Process, control_plane: Any
) -> None:
    platform.provisioned(1)
    control_plane.restart_apiserver()
    eventually(lambda: platform.declare(2))
    eventually(lambda: platform.ready("gm0002"), within=40)
    quota = "/api/v1/namespaces/gm0001/resourcequotas/allowance"
    api.delete(quota)
    eventually(lambda: api.exists(quota), within=30)
    assert operator.process.poll() is None
