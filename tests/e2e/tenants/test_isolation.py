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

# Each says in one word what became of it, so that a client that could not try is no proof of isolation.
ASK = """
import sys, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=2).status)
except OSError:
    print('refused')
"""
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)
    print('connected')
except OSError:
    print('refused')
"""
RESOLVE = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"

OUTSIDE = "outside"
"""A namespace that is no tenant's and has no policies: what it reaches shows that a target is there."""


@dataclass(frozen=True)
class Neighbours:
    """Two municipalities and a namespace outside, each with a client, a server and a Service."""

    deployed: Deployed
    a: str
    b: str

    def run(self, namespace: str, program: str, *arguments: str) -> str:
        """Runs Python in the client of a namespace; what it printed.

        Raises:
            AssertionError: it could not be run.
        """
        return self.deployed.kubectl(
            "exec", "-n", namespace, "client", "--", "python3", "-c", program, *arguments
        ).strip()

    def server(self, namespace: str) -> str:
        """URL of the server of a namespace, by its Service."""
        return f"http://server.{namespace}/"

    def address(self, namespace: str) -> str:
        """URL of the server of a namespace, by the address of its pod."""
        pod_address = self.deployed.kubectl.get("pod", "-n", namespace, "server")["status"]["podIP"]
        return f"http://{pod_address}:8080/"


@pytest.fixture(scope="module")
def neighbours(deployment: tuple[Deployed, object]) -> Iterator[Neighbours]:
    """The first two municipalities, with pods that are ready."""
    deployed = deployment[0]
    a, b = deployed.names[:2]
    deployed.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OUTSIDE}})
    for name in (a, b, OUTSIDE):
        deployed.kubectl.apply(pod(name, "client", deployed.image), pod(name, "server", deployed.image))
        deployed.kubectl.apply(service(name, "server"))
    for name in (a, b, OUTSIDE):
        deployed.kubectl("wait", "-n", name, "--for=condition=Ready", "pod", "--all", "--timeout=90s")
    yield Neighbours(deployed, a, b)
    deployed.kubectl("delete", "namespace", OUTSIDE, "--wait=false")
    for name in (a, b):
        deployed.kubectl("delete", "-n", name, "pod/client", "pod/server", "service/server")


def test_pods_reach_their_own_municipality_by_name(neighbours: Neighbours) -> None:
    for name in (neighbours.a, neighbours.b, OUTSIDE):
        eventually(lambda name=name: neighbours.run(name, ASK, neighbours.server(name)) == "200")


def test_pods_resolve_names(neighbours: Neighbours) -> None:
    eventually(lambda: neighbours.run(neighbours.a, RESOLVE, "kubernetes.default.svc.cluster.local"))


def test_pods_do_not_reach_another_municipality_by_its_service(neighbours: Neighbours) -> None:
    url = neighbours.server(neighbours.b)
    eventually(lambda: neighbours.run(neighbours.b, ASK, url) == "200")
    stays(lambda: neighbours.run(neighbours.a, ASK, url) == "refused")


def test_pods_do_not_reach_another_municipality_by_the_address_of_its_pod(neighbours: Neighbours) -> None:
    url = neighbours.address(neighbours.b)
    eventually(lambda: neighbours.run(neighbours.b, ASK, url) == "200")
    stays(lambda: neighbours.run(neighbours.a, ASK, url) == "refused")


def test_nothing_from_outside_gets_in_though_it_may_go_out(neighbours: Neighbours) -> None:
    assert neighbours.run(OUTSIDE, ASK, neighbours.address(OUTSIDE)) == "200"
    stays(lambda: neighbours.run(OUTSIDE, ASK, neighbours.address(neighbours.a)) == "refused")


def test_nothing_gets_out_though_it_may_come_in(neighbours: Neighbours) -> None:
    stays(lambda: neighbours.run(neighbours.a, ASK, neighbours.address(OUTSIDE)) == "refused")


@pytest.mark.parametrize("target", ["the API server's Service", "the API server", "the kubelet"])
def test_pods_reach_nothing_of_the_platform(neighbours: Neighbours, target: str) -> None:
    host, port = platform_targets(neighbours.deployed)[target]
    assert neighbours.run(OUTSIDE, CONNECT, host, port) == "connected"
    stays(lambda: neighbours.run(neighbours.a, CONNECT, host, port) == "refused")


def test_nobody_reaches_the_operator(neighbours: Neighbours) -> None:
    address = neighbours.deployed.kubectl.get("pods", "-n", "wegennet-system")["items"][0]["status"]["podIP"]
    for name in (neighbours.a, OUTSIDE):
        assert neighbours.run(name, CONNECT, address, "8080") == "refused"


def platform_targets(deployed: Deployed) -> dict[str, tuple[str, str]]:
    kubectl = deployed.kubectl
    endpoint = kubectl.get("endpointslice", "kubernetes")
    node = endpoint["endpoints"][0]["addresses"][0]
    return {
        "the API server's Service": (kubectl.get("service", "kubernetes")["spec"]["clusterIP"], "443"),
        "the API server": (node, str(endpoint["ports"][0]["port"])),
        "the kubelet": (node, "10250"),
    }
