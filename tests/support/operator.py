"""Running the operator in tests: its chart's objects, replicas as processes, and what a test declares and sees."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import urllib3
import yaml

from support.api import GROUP, Api, condition, municipality
from support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE_CONTROLLER = "system:serviceaccount:kube-system:namespace-controller"


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Process:
    """One replica of the operator as a process of its own."""

    identity: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=2), repr=False)

    def get(self, path: str) -> str:
        """One of its HTTP endpoints."""
        try:
            return self.pool.request("GET", f"http://127.0.0.1:{self.port}{path}").data.decode()
        except urllib3.exceptions.HTTPError as error:
            raise OSError(str(error)) from error

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over the series that have these labels."""
        lines = [line for line in self.get("/metrics").splitlines() if line.startswith(name)]
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(one in line for one in wanted))

    def writes(self) -> float:
        """Requests that change something, other than to the lease."""
        verbs = ("POST", "PUT", "PATCH", "DELETE")
        total = sum(self.metric("wegennet_api_requests_total", verb=verb) for verb in verbs)
        return total - sum(self.metric("wegennet_api_requests_total", verb=verb, kind="Lease") for verb in verbs)

    def leads(self) -> bool:
        """Whether it was elected."""
        return self.metric("wegennet_leader") == 1

    def settled(self) -> bool:
        """Whether it leads, has looked at every municipality and has nothing left to do."""
        return (
            self.leads()
            and self.metric("wegennet_reconciles_total") >= self.metric("wegennet_municipalities") > 0
            and self.metric("wegennet_queue_length") == 0
        )

    def kill(self) -> None:
        """Ends it without a chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, *, within: float = 20) -> int:
        """Ends it as Kubernetes does; gives its exit code, or fails after `within` seconds."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)


def finish_removal(api: Api, name: str) -> None:
    """Does what the namespace controller would do, no part of this control plane: deletes, empties, finalizes."""
    controller = api.acting_as(NAMESPACE_CONTROLLER, "system:masters")
    namespace = f"/api/v1/namespaces/{name}"
    for collection in (
        f"{namespace}/resourcequotas",
        f"{namespace}/limitranges",
        f"{namespace}/persistentvolumeclaims",
        f"/apis/networking.k8s.io/v1/namespaces/{name}/networkpolicies",
        f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/rolebindings",
    ):
        for item in controller.get(collection)["items"]:
            path = f"{collection}/{item['metadata']['name']}"
            if item["metadata"].get("finalizers"):
                controller.merge(path, {"metadata": {"finalizers": []}})
            if controller.exists(path):
                controller.delete(path)
    controller.delete(namespace)
    body = controller.get(namespace)
    body["spec"]["finalizers"] = []
    controller.call("PUT", f"{namespace}/finalize", body)


def start_process(identity: str, kubeconfig: Path, log: Path) -> Process:
    """Starts a replica of the operator."""
    port = free_port()
    environment = {
        **os.environ,
        "KUBECONFIG": str(kubeconfig),
        "POD_NAME": identity,
        "LISTEN_ADDRESS": f"127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "wegennet.operators"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    return Process(identity, process, port, log)


def kubeconfig_elsewhere(kubeconfig: Path, address: tuple[str, int], folder: Path) -> Path:
    """A kubeconfig, in `folder`, that looks for the API server at another address."""
    config = yaml.safe_load(kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://{address[0]}:{address[1]}"
    file = folder / "elsewhere.kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return file


@dataclass(frozen=True)
class Platform:
    """What a test does and sees, in the words of the issue."""

    api: Api

    def declare(self, number: int = 513, **spec: Any) -> str:
        """Declares a municipality; gives its name."""
        wanted = municipality(number, **spec)
        self.api.apply(f"{GROUP}/municipalities/{wanted['metadata']['name']}", wanted)
        return str(wanted["metadata"]["name"])

    def see(self, name: str) -> dict[str, Any]:
        """A municipality as it stands."""
        return dict(self.api.get(f"{GROUP}/municipalities/{name}"))

    def ready(self, name: str) -> bool:
        """Whether it is Ready for the spec that stands."""
        seen = self.see(name)
        return (
            condition(seen).get("status") == "True"
            and seen["status"]["observedGeneration"] == seen["metadata"]["generation"]
        )

    def reason(self, name: str) -> str:
        """Reason of its Ready condition."""
        return str(condition(self.see(name)).get("reason", ""))

    def provisioned(self, number: int = 513, **spec: Any) -> str:
        """Declares a municipality and waits until it is Ready."""
        name = self.declare(number, **spec)
        eventually(lambda: self.ready(name))
        return name
