"""What exists for a municipality, by its spec."""

from __future__ import annotations

from typing import Any

import pytest

from wegennet.operators.api.municipality import MunicipalitySpec
from wegennet.operators.desired.municipality import desired_objects


def spec(**changes: Any) -> MunicipalitySpec:
    return MunicipalitySpec.model_validate(
        {
            "code": "GM0513",
            "name": "Gouda",
            "oin": "00000099000000513000",
            "size": "medium",
            "ring": 2,
            "administrators": [{"kind": "Group", "name": "gm0513-administrators"}],
            **changes,
        }
    )


def one(kind: str, name: str | None = None, **changes: Any) -> dict[str, Any]:
    found = [
        obj
        for obj in desired_objects(spec(**changes))
        if obj["kind"] == kind and name in (None, obj["metadata"]["name"])
    ]
    assert len(found) == 1
    return found[0]


def test_all_objects_of_an_active_municipality(snapshot: Any) -> None:
    assert desired_objects(spec()) == snapshot


def test_the_namespace_comes_first_and_access_last() -> None:
    kinds = [obj["kind"] for obj in desired_objects(spec())]
    assert (kinds[0], kinds[-1]) == ("Namespace", "RoleBinding")


def test_the_namespace_enforces_restricted_pods() -> None:
    assert one("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_at_most_three_network_policies_since_each_pod_event_rebuilds_all_of_them() -> None:
    assert sum(obj["kind"] == "NetworkPolicy" for obj in desired_objects(spec())) <= 3


def test_every_object_names_its_owner_and_lies_in_the_namespace() -> None:
    for obj in desired_objects(spec()):
        assert obj["metadata"]["labels"]["wegennet.commonground.nl/owner"] == "Municipality.gm0513"
        assert obj["kind"] == "Namespace" or obj["metadata"]["namespace"] == "gm0513"


def test_default_deny_selects_all_pods_and_allows_nothing() -> None:
    policy = one("NetworkPolicy", "default-deny")["spec"]
    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_allowed_flows_are_named_for_the_auditor() -> None:
    flows = one("NetworkPolicy", "allowed-flows")["metadata"]["annotations"]["wegennet.commonground.nl/flows"]
    assert "same-namespace" in flows
    assert "dns" in flows


@pytest.mark.parametrize("lifecycle", ["Preparing", "Suspended"])
def test_nothing_runs_and_no_traffic_flows_unless_active(lifecycle: str) -> None:
    objects = desired_objects(spec(lifecycle=lifecycle))
    assert one("ResourceQuota", lifecycle=lifecycle)["spec"]["hard"]["pods"] == "0"
    assert [obj["metadata"]["name"] for obj in objects if obj["kind"] == "NetworkPolicy"] == ["default-deny"]


def test_a_preparing_municipality_has_access_already() -> None:
    assert one("RoleBinding", lifecycle="Preparing")["subjects"][0]["name"] == "gm0513-administrators"


def test_limits_override_the_size_and_only_where_given() -> None:
    hard = one("ResourceQuota", limits={"cpu": "2500m", "storage": "2048Gi"})["spec"]["hard"]
    assert (hard["limits.cpu"], hard["requests.storage"], hard["requests.memory"]) == ("2500m", "2Ti", "16Gi")


def test_zero_pods_is_an_override_and_not_an_absence() -> None:
    assert one("ResourceQuota", limits={"pods": 0})["spec"]["hard"]["pods"] == "0"


def test_a_node_pool_becomes_a_label_that_placement_follows() -> None:
    labels = one("Namespace", placement={"nodePool": "simulated"})["metadata"]["labels"]
    assert labels["wegennet.commonground.nl/node-pool"] == "simulated"


def test_ports_that_would_reach_from_outside_the_cluster_are_no_part_of_the_allowance() -> None:
    hard = one("ResourceQuota")["spec"]["hard"]
    assert (hard["services.nodeports"], hard["services.loadbalancers"]) == ("0", "0")
