"""`wegennet up`: from a list to Ready municipalities, and nothing at all the second time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.api import GROUP, condition

if TYPE_CHECKING:
    from support.deployed import Deployed

pytestmark = pytest.mark.e2e

KINDS = (
    "/api/v1/namespaces",
    "/api/v1/resourcequotas",
    "/api/v1/limitranges",
    "/apis/networking.k8s.io/v1/networkpolicies",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    f"{GROUP}/municipalities",
)


def test_every_municipality_on_the_list_is_ready(deployed: Deployed) -> None:
    items = deployed.api.get(f"{GROUP}/municipalities")["items"]
    ready = {one["metadata"]["name"] for one in items if condition(one).get("status") == "True"}
    assert ready == set(deployed.names)


def test_it_says_what_changed_and_how_long_each_stage_took(deployment: tuple[Deployed, Any], count: int) -> None:
    said = deployment[1]
    assert said["changes"]["create"] > count
    assert {"create", "update", "delete", "same"} <= set(said["changes"])
    assert all(stage["seconds"] >= 0 for stage in said["stages"])
    assert any("Ready" in stage["name"] for stage in said["stages"])


def test_the_operator_runs_in_a_pod_of_the_local_image(deployed: Deployed) -> None:
    pods = deployed.kubectl.get("pods", "-n", "wegennet-system")["items"]
    assert [pod["spec"]["containers"][0]["image"] for pod in pods] == [deployed.image]


def test_a_second_up_changes_nothing_and_writes_to_no_object_of_a_tenant(deployed: Deployed) -> None:
    before = versions(deployed)
    said = deployed.up()
    assert (said["changes"]["create"], said["changes"]["update"], said["changes"]["delete"]) == (0, 0, 0)
    assert versions(deployed) == before


def test_each_municipality_has_administrators_and_a_test_oin_of_its_own(deployed: Deployed) -> None:
    items = deployed.api.get(f"{GROUP}/municipalities")["items"]
    assert len({one["spec"]["oin"] for one in items}) == len(items)
    assert len({one["spec"]["administrators"][0]["name"] for one in items}) == len(items)
    assert all(one["spec"]["oin"].startswith("00000099") for one in items)


def versions(deployed: Deployed) -> dict[str, object]:
    """Version of every object of every tenant; of a quota what was written beside its status, which counts usage."""
    tenants = set(deployed.names)
    return {
        f"{kind}/{one['metadata'].get('namespace', '')}/{one['metadata']['name']}": version(kind, one["metadata"])
        for kind in KINDS
        for one in deployed.api.get(kind)["items"]
        if tenants & {one["metadata"].get("namespace"), one["metadata"]["name"]}
    }


def version(kind: str, metadata: dict[str, Any]) -> object:
    if not kind.endswith("resourcequotas"):
        return metadata["resourceVersion"]
    return [(entry["manager"], entry["time"]) for entry in metadata["managedFields"] if "subresource" not in entry]
