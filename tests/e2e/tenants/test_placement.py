"""Where pods of a municipality run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.api import GROUP
from support.embedded import pod
from support.waiting import eventually

if TYPE_CHECKING:
    from support.deployed import Deployed

pytestmark = pytest.mark.e2e


def test_pods_of_a_municipality_in_the_simulated_pool_run_on_simulated_nodes(deployed: Deployed) -> None:
    name = deployed.names[5]
    path = f"{GROUP}/municipalities/{name}"
    deployed.api.merge(path, {"spec": {"placement": {"nodePool": "simulated"}}})
    try:
        label = "wegennet.commonground.nl/node-pool"
        eventually(lambda: label in deployed.api.get(f"/api/v1/namespaces/{name}")["metadata"]["labels"])
        deployed.kubectl.apply(pod(name, "anywhere", deployed.image))
        eventually(lambda: deployed.kubectl.get("pod", "-n", name, "anywhere")["status"]["phase"] == "Running")
        assert deployed.kubectl.get("pod", "-n", name, "anywhere")["spec"]["nodeName"].startswith("simulated-")
    finally:
        deployed.kubectl("delete", "-n", name, "pod/anywhere", "--ignore-not-found")
        deployed.api.merge(path, {"spec": {"placement": None}})
