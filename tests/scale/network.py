"""Network policies at scale, on the embedded cluster with real pods: how long rules take, how long a new pod is open.

A client pod of a municipality tries all the time to reach a server in a namespace without policies, which it is not
allowed to. Rules take the time from a policy's creation or deletion until what it allows, or allowed, changes. The
window is how long a new pod still reaches the server after its first instruction: its rules come after its network.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.deployed import Deployed, copy_of_embedded
from support.embedded import pod
from support.waiting import eventually

from wegennet.console.progress import Reporter
from wegennet.environments.cluster import Cluster

SAMPLES = 10
OPEN = "bench-open"

# Says each change between reachable and not, with the time since the epoch.
_WATCH = """
import socket, sys, time
before = None
while True:
    try:
        socket.create_connection((sys.argv[1], 8080), 0.2).close()
        now = 'open'
    except OSError:
        now = 'shut'
    if now != before:
        print(now, time.time(), flush=True)
        before = now
    time.sleep(0.002)
"""

# Says for how many seconds after its first instruction it still reached the server, trying for four seconds.
_NEWBORN = """
import socket, sys, time
began, last = time.monotonic(), 0.0
while time.monotonic() - began < 4:
    try:
        socket.create_connection((sys.argv[1], 8080), 0.2).close()
        last = time.monotonic() - began
    except OSError:
        pass
    time.sleep(0.002)
print(last, flush=True)
time.sleep(3600)
"""


@dataclass(frozen=True)
class Figures:
    """What one number of municipalities gave; times in seconds, one value a sample."""

    municipalities: int
    stages: list[dict[str, Any]]
    allow: list[float]
    deny: list[float]
    window: list[float]

    def as_json(self) -> dict[str, Any]:
        """Medians and worst values in milliseconds."""
        return {
            "municipalities": self.municipalities,
            "seconds": round(sum(stage["seconds"] for stage in self.stages), 1),
            "ready_seconds": next(stage["seconds"] for stage in self.stages if "Ready" in stage["name"]),
            "rules_allow_milliseconds": _spread(self.allow),
            "rules_deny_milliseconds": _spread(self.deny),
            "new_pod_open_milliseconds": _spread(self.window),
        }


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"p50": round(statistics.median(seconds) * 1000, 1), "max": round(max(seconds) * 1000, 1)}


def measure(count: int) -> Figures:
    """Deploys the embedded environment with `count` municipalities on a cluster of its own and measures."""
    with tempfile.TemporaryDirectory() as folder, Reporter(quiet=True) as reporter:
        cluster = Cluster(Path(folder) / "state", fsync=False)
        try:
            cluster.up(reporter)
            image = cluster.ensure_images(reporter)["operator"]
            deployed = Deployed.on(cluster, copy_of_embedded(Path(folder) / "embedded", count), image)
            stages = deployed.up()["stages"]
            return Figures(count, stages, *_rules(deployed), _windows(deployed))
        finally:
            cluster.reset(reporter)


def _rules(deployed: Deployed) -> tuple[list[float], list[float]]:
    """Seconds until a new policy allows, and until a deleted one denies."""
    name, target = deployed.names[0], _server(deployed)
    deployed.kubectl.apply(_client(deployed, name, "watch", _WATCH, target))
    eventually(lambda: _changes(deployed, name), within=60)
    allow, deny = [], []
    path = f"/apis/networking.k8s.io/v1/namespaces/{name}/networkpolicies"
    for _ in range(SAMPLES):
        deployed.api.create(path, _opening())
        allow.append(_seconds_until(deployed, name, "open", time.time()))
        deployed.api.delete(f"{path}/bench")
        deny.append(_seconds_until(deployed, name, "shut", time.time()))
    deployed.kubectl("delete", "-n", name, "pod/watch")
    return allow, deny


def _windows(deployed: Deployed) -> list[float]:
    """Seconds for which new pods reach what they may not."""
    name, target = deployed.names[1], _server(deployed)
    seconds = []
    for number in range(SAMPLES):
        newborn = f"newborn-{number}"
        deployed.kubectl.apply(_client(deployed, name, newborn, _NEWBORN, target))
        said = eventually(lambda pod=newborn: _log(deployed, name, pod), within=60)
        seconds.append(float(said[0][0]))
        deployed.kubectl("delete", "-n", name, f"pod/{newborn}")
    return seconds


def _server(deployed: Deployed) -> str:
    """Address of a server in a namespace without policies."""
    deployed.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OPEN}})
    deployed.kubectl.apply(pod(OPEN, "server", deployed.image))
    deployed.kubectl("wait", "-n", OPEN, "--for=condition=Ready", "pod/server", "--timeout=60s")
    return str(deployed.kubectl.get("pod", "-n", OPEN, "server")["status"]["podIP"])


def _client(deployed: Deployed, namespace: str, name: str, program: str, target: str) -> dict[str, Any]:
    client = pod(namespace, name, deployed.image, program)
    container = client["spec"]["containers"][0]
    container["command"].append(target)
    del container["readinessProbe"]
    return client


def _opening() -> dict[str, Any]:
    """A policy that lets a municipality's pods out to the server."""
    to = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": OPEN}}}
    return {
        "metadata": {"name": "bench"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [to]}]},
    }


def _seconds_until(deployed: Deployed, name: str, state: str, since: float) -> float:
    def last_change() -> float:
        word, moment = _changes(deployed, name)[-1]
        return float(moment) if word == state else 0.0

    return max(0.0, eventually(last_change, within=60) - since)


def _changes(deployed: Deployed, name: str) -> list[list[str]]:
    return _log(deployed, name, "watch")


def _log(deployed: Deployed, name: str, pod_name: str) -> list[list[str]]:
    text = deployed.api.get(f"/api/v1/namespaces/{name}/pods/{pod_name}/log")
    return [line.split() for line in (text if isinstance(text, str) else json.dumps(text)).splitlines()]
