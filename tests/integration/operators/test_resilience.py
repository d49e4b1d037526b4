"""Replicas that die, restart or stand by; an API server that goes away."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from support.api import GROUP, condition
from support.operator import free_port
from support.waiting import eventually, stays

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.api import Api
    from support.operator import Platform, Process

pytestmark = pytest.mark.integration

TWELVE = range(1, 13)

PROMPT = 4.0
"""Seconds that a replica may take to end: far less than the grace period of its pod."""


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


VARIETY: list[dict[str, Any]] = [
    {},
    {"size": "medium"},
    {"size": "large", "lifecycle": "Suspended"},
    {"lifecycle": "Preparing"},
    {"placement": {"nodePool": "simulated"}},
    {"limits": {"cpu": "2000m", "memory": "2048Mi", "pods": 999, "storage": "999Ti"}},
    {"limits": {"cpu": "999999m", "memory": "999999Gi"}},
    {"limits": {"cpu": "999", "memory": "1536Mi", "pods": 0}},
    {"limits": {"cpu": "999000m", "storage": "1024Gi"}},
    {"administrators": [{"kind": "User", "name": "anna"}, {"kind": "Group", "name": "beheer"}]},
    {"contacts": [{"role": "security", "email": "ciso@gemeente.nl"}]},
    {"limits": None, "placement": None},
]


def test_a_restart_with_all_ready_writes_nothing_but_its_lease(
    platform: Platform, api: Api, operator: Process, start_operator: Callable[[str], Process]
) -> None:
    for number, spec in zip(TWELVE, VARIETY, strict=True):
        platform.declare(number, **spec)
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


def test_what_was_deleted_while_its_watches_were_broken_comes_back(
    platform: Platform, api: Api, operator: Process, control_plane: Any
) -> None:
    platform.provisioned(513)
    policy = "/apis/networking.k8s.io/v1/namespaces/gm0513/networkpolicies/default-deny"
    control_plane.restart_apiserver()
    eventually(lambda: api.delete(policy))
    eventually(lambda: api.exists(policy), within=30)


def test_it_is_not_ready_before_it_knows_what_exists(
    api: Api, empty: None, start_operator: Callable[[str], Process], control_plane: Any
) -> None:
    control_plane.stop_apiserver()
    try:
        one = start_operator("one")
        eventually(lambda: one.get("/readyz") == "not ready\n")
        assert one.get("/livez") == "ok\n"
    finally:
        control_plane.start_apiserver()
    eventually(lambda: one.get("/readyz") == "ok\n", within=30)


def test_it_ends_at_once_though_no_api_server_was_there_yet(start_operator: Callable[..., Process]) -> None:
    one = start_operator("one", at=("127.0.0.1", free_port()))
    eventually(lambda: one.get("/livez") == "ok\n")
    assert one.stop(within=PROMPT) == 0


def test_it_ends_at_once_though_the_api_server_does_not_answer(start_operator: Callable[..., Process]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one = start_operator("one", at=silent.getsockname())
        eventually(lambda: one.get("/livez") == "ok\n")
        silent.settimeout(20)
        with silent.accept()[0]:
            assert one.stop(within=PROMPT) == 0


def test_it_ends_at_once_when_all_is_well(platform: Platform, operator: Process) -> None:
    platform.provisioned(513)
    eventually(lambda: operator.get("/readyz") == "ok\n")
    assert operator.stop(within=PROMPT) == 0


def test_a_kind_of_somebody_else_with_the_same_plural_blinds_it_to_nothing(
    platform: Platform, api: Api, operator: Process, start_operator: Callable[[str], Process]
) -> None:
    name = "networkpolicies.crd.projectcalico.org"
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    api.apply(f"{crds}/{name}", other_network_policies(name))
    try:
        eventually(lambda: api.get("/apis/crd.projectcalico.org/v1/networkpolicies"))
        operator.stop()
        restarted = start_operator("two")
        eventually(restarted.leads)
        platform.provisioned(513)
        policy = "/apis/networking.k8s.io/v1/namespaces/gm0513/networkpolicies/default-deny"
        api.delete(policy)
        eventually(lambda: api.exists(policy))
    finally:
        api.delete(f"{crds}/{name}")


def test_who_may_no_longer_loses_access_though_something_else_is_in_the_way(
    platform: Platform, api: Api, operator: Process, start_operator: Callable[[str], Process]
) -> None:
    name = platform.provisioned(513)
    operator.stop()
    limits = f"/api/v1/namespaces/{name}/limitranges"
    api.delete(f"{limits}/defaults")
    api.create(limits, {"metadata": {"name": "defaults"}, "spec": {"limits": []}})
    platform.declare(513, lifecycle="Suspended", administrators=[{"kind": "User", "name": "opvolger"}])
    start_operator("two")
    eventually(lambda: platform.reason(name) == "Conflict")
    binding = api.get(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/rolebindings/administrators")
    assert [subject["name"] for subject in binding["subjects"]] == ["opvolger"]
    assert not api.exists(f"/apis/networking.k8s.io/v1/namespaces/{name}/networkpolicies/allowed-flows")


def other_network_policies(name: str) -> dict[str, Any]:
    """A CRD as clusters with Calico have it."""
    schema = {"openAPIV3Schema": {"type": "object"}}
    names = {"plural": "networkpolicies", "singular": "networkpolicy", "kind": "NetworkPolicy"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": "crd.projectcalico.org",
            "scope": "Namespaced",
            "names": names,
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
