"""Pods of one municipality cannot reach those of another, by real packets between real containers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support.embedded import pod, service
from support.waiting import eventually, stays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.deployed import Deployed

pytestmark = pytest.mark.e2e

ASK = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=2).status)"
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2); print('connected')"
RESOLVE = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"


@dataclass(frozen=True)
class Neighbours:
    """Two municipalities, each with a client, a server and a Service."""

    deployed: Deployed
    a: str
    b: str

    def run(self, namespace: str, program: str, *arguments: str) -> str:
        """Runs a line of Python in the client of a namespace; what it printed, empty when it failed."""
        command = ["exec", "-n", namespace, "client", "--", "python3", "-c", program, *arguments]
        try:
            return self.deployed.kubectl(*command).strip()
        except AssertionError:
            return ""

    def reaches(self, namespace: str, url: str) -> bool:
        """Whether the client of a namespace gets an answer."""
        return self.run(namespace, ASK, url) == "200"

    def address(self, namespace: str) -> str:
        """Address of the server's pod."""
        return str(self.deployed.kubectl.get("pod", "-n", namespace, "server")["status"]["podIP"])


@pytest.fixture(scope="module")
def neighbours(deployment: tuple[Deployed, object]) -> Iterator[Neighbours]:
    """The first two municipalities, with pods that are ready."""
    deployed = deployment[0]
    a, b = deployed.names[:2]
    for name in (a, b):
        deployed.kubectl.apply(pod(name, "client", deployed.image), pod(name, "server", deployed.image))
        deployed.kubectl.apply(service(name, "server"))
    for name in (a, b):
        deployed.kubectl("wait", "-n", name, "--for=condition=Ready", "pod", "--all", "--timeout=90s")
    yield Neighbours(deployed, a, b)
    for name in (a, b):
        deployed.kubectl("delete", "-n", name, "pod/client", "pod/server", "service/server")


def test_pods_reach_their_own_municipality_by_name(neighbours: Neighbours) -> None:
    eventually(lambda: neighbours.reaches(neighbours.a, f"http://server.{neighbours.a}/"))


def test_pods_do_not_reach_another_municipality_by_its_service(neighbours: Neighbours) -> None:
    url = f"http://server.{neighbours.b}/"
    eventually(lambda: neighbours.reaches(neighbours.b, url))
    stays(lambda: not neighbours.reaches(neighbours.a, url))


def test_pods_do_not_reach_another_municipality_by_the_address_of_its_pod(neighbours: Neighbours) -> None:
    url = f"http://{neighbours.address(neighbours.b)}:8080/"
    eventually(lambda: neighbours.reaches(neighbours.b, url))
    stays(lambda: not neighbours.reaches(neighbours.a, url))


def test_pods_resolve_names(neighbours: Neighbours) -> None:
    eventually(lambda: neighbours.run(neighbours.a, RESOLVE, "kubernetes.default.svc.cluster.local"))


@pytest.mark.parametrize("target", ["the API server's Service", "the API server", "the operator"])
def test_pods_reach_nothing_of_the_platform(neighbours: Neighbours, target: str) -> None:
    host, port = _platform(neighbours.deployed)[target]
    stays(lambda: neighbours.run(neighbours.a, CONNECT, host, port) == "")


def _platform(deployed: Deployed) -> dict[str, tuple[str, str]]:
    kubectl = deployed.kubectl
    service_address = kubectl.get("service", "kubernetes")["spec"]["clusterIP"]
    endpoint = kubectl.get("endpointslice", "kubernetes")
    operator = kubectl.get("pods", "-n", "wegennet-system")["items"][0]["status"]["podIP"]
    return {
        "the API server's Service": (service_address, "443"),
        "the API server": (endpoint["endpoints"][0]["addresses"][0], str(endpoint["ports"][0]["port"])),
        "the operator": (operator, "8080"),
    }
