"""What runs: the supervisor's report of its processes, and what the API server says of nodes and DNS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wegennet.environments.cluster import plan

if TYPE_CHECKING:
    from wegennet.environments.cluster.api import Api
    from wegennet.environments.cluster.plan import Process
    from wegennet.environments.cluster.state import State

READY = "ready"


@dataclass(frozen=True)
class ComponentStatus:
    """One part of the cluster. `state` is ready, starting, waiting, failed, stopped or missing."""

    name: str
    state: str
    detail: str = ""


def report(state: State) -> list[dict[str, Any]]:
    """The supervisor's last report; empty when there is none."""
    try:
        content: list[dict[str, Any]] = json.loads((state.run / "processes.json").read_text())
    except (FileNotFoundError, ValueError):
        return []
    return content


def forget(state: State) -> None:
    """Removes the report of a node that ended."""
    (state.run / "processes.json").unlink(missing_ok=True)


def runs_as_planned(state: State, processes: list[Process]) -> bool:
    """Whether the supervisor already holds exactly this plan."""
    reported = [(item["name"], item["inputs"]) for item in report(state)]
    return reported == [(process.name, process.inputs) for process in processes]


def of_processes(state: State) -> list[ComponentStatus]:
    """The processes of a running node."""
    return [ComponentStatus(item["name"], item["state"], _detail(item)) for item in report(state)]


def stopped(state: State) -> list[ComponentStatus]:
    """The same names when no node runs."""
    try:
        processes = plan.load(state.run / "plan.json")
    except FileNotFoundError:
        return [ComponentStatus("cluster", "stopped", "never started")]
    return [ComponentStatus(process.name, "stopped") for process in processes]


def of_nodes(api: Api) -> list[ComponentStatus]:
    """The nodes that the API server knows."""
    answer = api.get("/api/v1/nodes") or {"items": []}
    return [
        ComponentStatus(f"node/{item['metadata']['name']}", READY if node_is_ready(item) else "starting")
        for item in answer["items"]
    ]


def of_dns(api: Api) -> ComponentStatus:
    """CoreDNS, by its Deployment."""
    deployment = api.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns")
    if deployment is None:
        return ComponentStatus("coredns", "missing")
    return ComponentStatus("coredns", READY if deployment_is_ready(deployment) else "starting")


def node_is_ready(node: dict[str, Any]) -> bool:
    """Whether a Node says that it is Ready."""
    conditions = node.get("status", {}).get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def deployment_is_ready(deployment: dict[str, Any]) -> bool:
    """Whether all replicas of a Deployment's newest template are available."""
    status = deployment.get("status", {})
    seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    wanted = deployment["spec"]["replicas"]
    return bool(seen and status.get("updatedReplicas", 0) == wanted == status.get("availableReplicas", 0))


def _detail(item: dict[str, Any]) -> str:
    restarts = f"restarted {item['restarts']} times" if item["restarts"] else ""
    return ", ".join(part for part in (item["detail"], restarts) if part)
