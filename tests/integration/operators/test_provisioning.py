"""What a Municipality brings about, and what its status says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from support.api import GROUP, condition
from support.operator import finish_removal
from support.waiting import eventually, stays

if TYPE_CHECKING:
    from support.api import Api
    from support.operator import Platform, Process

pytestmark = pytest.mark.integration


def test_a_declared_municipality_becomes_ready_with_all_its_parts(platform: Platform) -> None:
    status = platform.see(platform.provisioned(513))["status"]
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "Ready": "True",
        "NamespaceReady": "True",
        "IsolationReady": "True",
        "AccessReady": "True",
    }
    assert (status["namespace"], status["provisionedOin"]) == ("gm0513", "00000099000000513000")


def test_each_municipality_costs_eight_writes_and_no_more(platform: Platform, operator: Process) -> None:
    for number in range(1, 6):
        platform.provisioned(number)
    eventually(operator.settled)
    assert operator.writes() == 5 * 8  # finalizer, namespace, quota, limits, two policies, access, status


def test_a_changed_spec_is_followed(platform: Platform, api: Api) -> None:
    name = platform.provisioned(513)
    platform.provisioned(513, size="large", administrators=[{"kind": "User", "name": "anna"}])
    assert api.get(f"/api/v1/namespaces/{name}/resourcequotas/allowance")["spec"]["hard"]["pods"] == "120"
    binding = api.get(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/rolebindings/administrators")
    assert [subject["name"] for subject in binding["subjects"]] == ["anna"]


def test_what_falls_out_of_the_desired_state_is_pruned_and_comes_back(platform: Platform, api: Api) -> None:
    name = platform.provisioned(513)
    flows = f"/apis/networking.k8s.io/v1/namespaces/{name}/networkpolicies/allowed-flows"
    platform.provisioned(513, lifecycle="Suspended")
    eventually(lambda: not api.exists(flows))
    platform.provisioned(513)
    assert api.exists(flows)


def test_a_namespace_that_was_there_before_is_never_touched(platform: Platform, api: Api) -> None:
    theirs = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gm0513", "labels": {"team": "other"}}}
    api.call("POST", "/api/v1/namespaces?fieldManager=their-tool", theirs)
    before = api.get("/api/v1/namespaces/gm0513")
    name = platform.declare(513)
    eventually(lambda: platform.reason(name) == "Conflict")
    assert "their-tool" in condition(platform.see(name), "Conflict")["message"]
    assert api.get("/api/v1/namespaces/gm0513") == before


def test_a_conflict_ends_when_the_object_in_the_way_is_gone(platform: Platform, api: Api) -> None:
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gm0513"}})
    name = platform.declare(513)
    eventually(lambda: platform.reason(name) == "Conflict")
    api.delete("/api/v1/namespaces/gm0513")
    finish_removal(api, "gm0513")
    eventually(lambda: platform.ready(name), within=30)
    assert condition(platform.see(name), "Conflict") == {}


def test_of_two_with_one_oin_the_younger_waits_and_gets_nothing(platform: Platform, api: Api) -> None:
    older = platform.provisioned(513)
    younger = platform.declare(14, oin="00000099000000513000")
    eventually(lambda: platform.reason(younger) == "OINTaken")
    assert older in condition(platform.see(younger))["message"]
    assert not api.exists(f"/api/v1/namespaces/{younger}")


def test_of_two_declared_at_once_with_one_oin_one_is_provisioned(platform: Platform, api: Api) -> None:
    pairs = [(n, n + 100) for n in range(1, 9)]
    with ThreadPoolExecutor(16) as declaring:
        for pair in pairs:
            for number in pair:
                declaring.submit(platform.declare, number, oin=f"00000099{pair[0]:09d}000")
    for pair in pairs:
        names = [f"gm{number:04d}" for number in pair]
        eventually(lambda names=names: {platform.reason(name) for name in names} == {"Provisioned", "OINTaken"})
        assert sum(api.exists(f"/api/v1/namespaces/{name}") for name in names) == 1


def test_the_oin_of_one_that_went_is_free(platform: Platform, api: Api) -> None:
    for number in range(1, 9):
        oin = f"00000099{number:09d}000"
        first = platform.provisioned(number, oin=oin)
        api.delete(f"{GROUP}/municipalities/{first}")
        eventually(lambda first=first: "deletionTimestamp" in api.get(f"/api/v1/namespaces/{first}")["metadata"])
        finish_removal(api, first)
        eventually(lambda first=first: not api.exists(f"{GROUP}/municipalities/{first}"))
        platform.provisioned(number + 100, oin=oin)


def test_a_label_that_somebody_forged_elsewhere_takes_nothing_from_a_municipality(platform: Platform, api: Api) -> None:
    name = platform.provisioned(513)
    forged = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "forged", "labels": {"wegennet.commonground.nl/owner": f"Municipality.{name}"}},
        "spec": {"podSelector": {}},
    }
    path = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies/forged"
    api.apply(path, forged, manager="wegennet-operator")
    try:
        stays(lambda: platform.ready(name))
        assert api.exists(path)
    finally:
        api.delete(path)


def test_an_oin_of_its_own_lets_the_younger_in(platform: Platform) -> None:
    platform.provisioned(513)
    younger = platform.declare(14, oin="00000099000000513000")
    eventually(lambda: platform.reason(younger) == "OINTaken")
    platform.declare(14)
    eventually(lambda: platform.ready(younger))


def test_preparing_gives_namespace_and_access_and_room_for_nothing(platform: Platform, api: Api) -> None:
    name = platform.provisioned(513, lifecycle="Preparing")
    assert platform.reason(name) == "Prepared"
    assert api.get(f"/api/v1/namespaces/{name}/resourcequotas/allowance")["spec"]["hard"]["pods"] == "0"


def test_a_status_that_somebody_else_wrote_is_put_right(platform: Platform, api: Api) -> None:
    name = platform.provisioned(513)
    lie = {"status": {"namespace": "elsewhere"}}
    api.merge(f"{GROUP}/municipalities/{name}/status", lie)
    eventually(lambda: platform.see(name)["status"]["namespace"] == name)
