"""The embedded cluster in tests: kubectl, pods of the project's own image, and what a cluster puts on the machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wegennet import toolchain
from wegennet.console.progress import Reporter
from wegennet.environments.cluster import launch, status

if TYPE_CHECKING:
    from wegennet.environments.cluster import Cluster

SERVER = "import http.server; http.server.test(http.server.SimpleHTTPRequestHandler, port=8080)"
SETTINGS = [
    Path("/proc/sys") / key
    for key in (
        "vm/overcommit_memory",
        "vm/panic_on_oom",
        "kernel/panic",
        "kernel/panic_on_oops",
        "kernel/keys/root_maxkeys",
        "kernel/keys/root_maxbytes",
    )
]
"""Settings of the whole machine that a kubelet changes when it may."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl as the administrator of a cluster."""

    program: Path
    kubeconfig: Path

    @classmethod
    def of(cls, cluster: Cluster) -> Kubectl:
        """kubectl for an embedded cluster."""
        with Reporter(quiet=True) as reporter:
            return cls(toolchain.ensure(["kubectl"], reporter).path("kubectl"), cluster.kubeconfig)

    def __call__(self, *arguments: str, given: str = "", fails: bool = False) -> str:
        """Runs it and gives what it printed; an error fails the test unless `fails` expects one."""
        command = [str(self.program), "--kubeconfig", str(self.kubeconfig), *arguments]
        answer = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if (answer.returncode != 0) != fails:
            raise AssertionError(f"{' '.join(arguments)}: {answer.stdout}{answer.stderr}")
        return answer.stdout + (answer.stderr if fails else "")

    def apply(self, *objects: dict[str, Any]) -> None:
        """Applies objects."""
        self("apply", "--server-side", "-f", "-", given="\n---\n".join(json.dumps(item) for item in objects))

    def get(self, *arguments: str) -> dict[str, Any]:
        """An object or list."""
        answer: dict[str, Any] = json.loads(self("get", *arguments, "-o", "json"))
        return answer


def pod(namespace: str, name: str, image: str, program: str = SERVER) -> dict[str, Any]:
    """A pod that runs a line of Python; it serves HTTP on 8080 unless told otherwise."""
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["python3", "-c", program],
        "workingDir": "/tmp",  # noqa: S108 - in the container
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
        },
    }


def service(namespace: str, name: str) -> dict[str, Any]:
    """A Service on port 80 for the pods of that name."""
    ports = [{"port": 80, "targetPort": 8080}]
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": {"app": name}, "ports": ports},
    }


def footprint(cluster: Cluster) -> dict[str, set[str]]:
    """What is on the host's side of the machine, but what other clusters put there meanwhile."""
    others = re.compile(rf"(wn|wegennet-)(?!{cluster.state.identity})[0-9a-f]{{8}}|10\.250\.")
    return {
        kind: {line for line in lines if not others.search(line)}
        for kind, lines in {
            "links": _lines("ip", "-brief", "link"),
            "addresses": _lines("ip", "-brief", "address"),
            "routes": _lines("ip", "route", "show", "table", "all"),
            "filters": _lines("nft", "list", "ruleset"),
            "mounts": Path("/proc/self/mountinfo").read_text().splitlines(),
            "cgroups": [folder for folder, _, _ in os.walk("/sys/fs/cgroup") if "wegennet" in folder],
            "settings": [f"{path}: {path.read_text()}" for path in SETTINGS],
            "network namespaces": _lines("ip", "netns", "list"),
            "folders": [str(path) for top in ("/run", "/var/lib", "/var/log", "/etc") for path in Path(top).iterdir()],
        }.items()
    }


def namespaces_of(cluster: Cluster) -> set[str]:
    """The kernel's names of the namespaces that the node of a running cluster lives in."""
    pid = launch.find(cluster.state)
    return {str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for kind in ("net", "mnt", "pid")}


def processes_in(namespaces: set[str]) -> list[str]:
    """Command lines of the machine's processes that live in any of some namespaces."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            used = {str((entry / "ns" / kind).readlink()) for kind in ("net", "mnt", "pid")}
            if entry.name.isdigit() and used & namespaces:
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


def pids(cluster: Cluster) -> dict[str, int]:
    """Process ids as the node sees them, by component."""
    return {item["name"]: item["pid"] for item in status.report(cluster.state)}


def kill_in_node(cluster: Cluster, name: str) -> None:
    """Kills one of the node's processes; the node starts it again by itself."""
    command = ["nsenter", "--target", str(launch.find(cluster.state)), "--pid", "--mount"]
    subprocess.run([*command, "kill", "-9", str(pids(cluster)[name])], check=True)


def _lines(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
