"""The platform under failure: a killed operator, API server and store; changes of somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from support.api import GROUP, condition, municipality
from support.embedded import kill_in_node
from support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.deployed import Deployed

pytestmark = pytest.mark.e2e

FIRST_SPARE = 9001
"""CBS codes from here are nobody's: they are for municipalities that come and go within a test."""


@pytest.fixture
def spares(deployed: Deployed, count: int) -> Iterator[list[str]]:
    """Names of municipalities that are not there yet, as many as the run has; gone again afterwards."""
    numbers = range(FIRST_SPARE, FIRST_SPARE + count)
    names = [f"gm{number}" for number in numbers]
    yield names
    for name in names:
        path = f"{GROUP}/municipalities/{name}"
        if deployed.api.exists(path):
            deployed.api.delete(path)
    eventually(lambda: not any(deployed.api.exists(f"{GROUP}/municipalities/{name}") for name in names), within=1200)


def declare(deployed: Deployed, names: list[str]) -> None:
    for name in names:
        deployed.api.apply(f"{GROUP}/municipalities/{name}", municipality(int(name[2:])))


def ready_among(deployed: Deployed, names: list[str]) -> int:
    items = deployed.api.get(f"{GROUP}/municipalities")["items"]
    wanted = set(names)
    return sum(condition(one).get("status") == "True" for one in items if one["metadata"]["name"] in wanted)


@pytest.mark.timeout(1800)  # with all municipalities their removal afterwards takes minutes
def test_an_operator_killed_midway_converges_with_nothing_lost_or_doubled(
    deployed: Deployed, spares: list[str], count: int
) -> None:
    with ThreadPoolExecutor(1) as declaring:
        declared = declaring.submit(declare, deployed, spares)
        eventually(lambda: deployed.api.exists(f"/api/v1/namespaces/{spares[0]}"), every=0.01)
        deployed.kubectl("delete", "pods", "-n", "wegennet-system", "--all", "--grace-period=0", "--force")
        declared.result()
    eventually(lambda: ready_among(deployed, spares) == count, within=60 + count, every=0.5)
    policies = deployed.api.get("/apis/networking.k8s.io/v1/networkpolicies")["items"]
    assert sum(one["metadata"]["namespace"] in spares for one in policies) == 2 * count


@pytest.mark.parametrize("component", ["kube-apiserver", "etcd"])
def test_it_survives_the_death_of_the_control_plane(deployed: Deployed, component: str) -> None:
    name = deployed.names[0]
    quota = f"/api/v1/namespaces/{name}/resourcequotas/allowance"
    kill_in_node(deployed.cluster, component)
    eventually(lambda: deployed.api.delete(quota), within=60)
    eventually(lambda: deployed.api.exists(quota), within=60)
    assert set(deployed.names) <= {one["metadata"]["name"] for one in deployed.api.get("/api/v1/namespaces")["items"]}


def test_a_deleted_policy_comes_back(deployed: Deployed) -> None:
    path = f"/apis/networking.k8s.io/v1/namespaces/{deployed.names[0]}/networkpolicies/default-deny"
    gone = deployed.api.get(path)["metadata"]["uid"]
    deployed.api.delete(path)
    eventually(lambda: deployed.api.get(path)["metadata"]["uid"] != gone)


def test_the_operator_holds_a_suspended_municipality_at_rest(deployed: Deployed) -> None:
    name = deployed.names[4]
    path = f"{GROUP}/municipalities/{name}"
    flows = f"/apis/networking.k8s.io/v1/namespaces/{name}/networkpolicies/allowed-flows"
    deployed.api.merge(path, {"spec": {"lifecycle": "Suspended"}})
    try:
        eventually(lambda: condition(deployed.municipality(name)).get("reason") == "Suspended")
        eventually(lambda: not deployed.api.exists(flows))
    finally:
        deployed.api.merge(path, {"spec": {"lifecycle": "Active"}})
    eventually(lambda: deployed.api.exists(flows))
