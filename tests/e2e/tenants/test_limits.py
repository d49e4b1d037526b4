"""What a municipality may run: the quota and the Pod Security Standard really refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.embedded import pod

if TYPE_CHECKING:
    from support.deployed import Deployed

pytestmark = pytest.mark.e2e


@pytest.fixture
def name(deployed: Deployed) -> str:
    return deployed.names[2]


def refused(deployed: Deployed, obj: dict[str, Any]) -> str:
    """What creating an object is refused with."""
    return deployed.kubectl("create", "--dry-run=server", "-f", "-", given=json.dumps(obj), fails=True)


def changed(deployed: Deployed, name: str, **container: Any) -> dict[str, Any]:
    """A pod whose container differs from one that is allowed."""
    obj = pod(name, "one", deployed.image)
    obj["spec"]["containers"][0].update(container)
    return obj


def test_an_ordinary_pod_is_allowed_and_gets_limits(deployed: Deployed, name: str) -> None:
    obj = pod(name, "one", deployed.image)
    made = json.loads(deployed.kubectl("create", "--dry-run=server", "-f", "-", "-o", "json", given=json.dumps(obj)))
    assert made["spec"]["containers"][0]["resources"]["limits"] == {
        "cpu": "500m",
        "memory": "256Mi",
        "ephemeral-storage": "1Gi",
    }


def test_more_than_the_allowance_is_refused(deployed: Deployed, name: str) -> None:
    greedy = {"limits": {"cpu": "1k", "memory": "1Ti"}, "requests": {"cpu": "1k", "memory": "1Ti"}}
    assert "exceeded quota: allowance" in refused(deployed, changed(deployed, name, resources=greedy))


@pytest.mark.parametrize(
    "context",
    [
        {"privileged": True, "allowPrivilegeEscalation": True},
        {"runAsUser": 0, "runAsNonRoot": False},
        {"allowPrivilegeEscalation": True},
        {"capabilities": {"add": ["NET_ADMIN"]}},
    ],
)
def test_a_pod_that_is_not_restricted_is_refused(deployed: Deployed, name: str, context: dict[str, Any]) -> None:
    allowed = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    answer = refused(deployed, changed(deployed, name, securityContext={**allowed, **context}))
    assert 'violates PodSecurity "restricted:latest"' in answer


@pytest.mark.parametrize("field", ["hostNetwork", "hostPID", "hostIPC"])
def test_a_pod_in_the_nodes_own_namespaces_is_refused(deployed: Deployed, name: str, field: str) -> None:
    obj = pod(name, "one", deployed.image)
    obj["spec"][field] = True
    assert "violates PodSecurity" in refused(deployed, obj)


def test_a_pod_with_a_folder_of_the_node_is_refused(deployed: Deployed, name: str) -> None:
    obj = pod(name, "one", deployed.image)
    obj["spec"]["volumes"] = [{"name": "node", "hostPath": {"path": "/"}}]
    obj["spec"]["containers"][0]["volumeMounts"] = [{"name": "node", "mountPath": "/node", "readOnly": True}]
    answer = refused(deployed, obj)
    assert 'violates PodSecurity "restricted:latest"' in answer
    assert 'restricted volume types (volume "node" uses restricted volume type "hostPath")' in answer


def test_a_port_on_the_node_is_refused(deployed: Deployed, name: str) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "open", "namespace": name},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]},
    }
    assert "exceeded quota" in refused(deployed, service)
