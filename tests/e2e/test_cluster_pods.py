"""Pods of the embedded cluster are real: logs, exec, names, services, and policies that are enforced."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.embedded import Kubectl, pod, service
from support.waiting import eventually, stays

from wegennet.console.progress import Reporter
from wegennet.environments.cluster.images.oci import File, Image, write, write_layer
from wegennet.environments.cluster.state import API_PORT, HEALTH_OF_KUBE_ROUTER

if TYPE_CHECKING:
    from wegennet.environments.cluster import Cluster

pytestmark = pytest.mark.e2e

A, B = "pods-a", "pods-b"
SERVE_BOTH = """
import socket, time
held = socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True)
time.sleep(600)
"""
INTERFACES = "print(open('/proc/net/if_inet6').read())"
ASK = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=2).status)"


@pytest.fixture(scope="module")
def kubectl(cluster: Cluster) -> Kubectl:
    """Kubectl, after a client in namespace A and a server with a Service in namespace B are ready."""
    with Reporter() as reporter:
        image = cluster.ensure_images(reporter)["operator"]
    kubectl = Kubectl.of(cluster)
    kubectl.apply(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (A, B)))
    kubectl.apply(pod(A, "client", image), pod(B, "server", image), service(B, "server"))
    for namespace in (A, B):
        kubectl("wait", "-n", namespace, "--for=condition=Ready", "pod", "--all", "--timeout=60s")
    return kubectl


def ask(kubectl: Kubectl, url: str) -> bool:
    """Whether the client in A gets an answer from an URL."""
    command = ["exec", "-n", A, "client", "--", "python3", "-c", ASK, url]
    try:
        return kubectl(*command).strip() == "200"
    except AssertionError:
        return False


def connects(kubectl: Kubectl, address: str, port: int) -> bool:
    """Whether the client in A gets a TCP connection to an address."""
    program = f"import socket; socket.create_connection(('{address}', {port}), timeout=2)"
    try:
        kubectl("exec", "-n", A, "client", "--", "python3", "-c", program)
    except AssertionError:
        return False
    return True


def policy(name: str, ingress: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": B},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": ingress},
    }


def test_logs_are_the_containers_own(kubectl: Kubectl) -> None:
    eventually(lambda: ask(kubectl, f"http://server.{B}/"))
    eventually(lambda: "GET / HTTP" in kubectl("logs", "-n", B, "server"))


def test_exec_runs_in_the_container_as_its_user(kubectl: Kubectl) -> None:
    assert kubectl("exec", "-n", A, "client", "--", "python3", "-c", "import os; print(os.getuid())").strip() == "65532"


def test_service_is_reached_by_its_name(kubectl: Kubectl) -> None:
    eventually(lambda: ask(kubectl, f"http://server.{B}.svc.cluster.local/"))


def test_names_outside_the_cluster_do_not_exist(kubectl: Kubectl) -> None:
    program = "import socket; socket.getaddrinfo('example.nl', 80)"
    assert "Name or service not known" in kubectl("exec", "-n", A, "client", "--", "python3", "-c", program, fails=True)


def test_policy_denies_and_its_removal_allows_again(kubectl: Kubectl) -> None:
    url = f"http://server.{B}/"
    kubectl.apply(policy("deny", []))
    eventually(lambda: not ask(kubectl, url))
    stays(lambda: not ask(kubectl, url), during=2)
    from_a = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": A}}}
    kubectl.apply(policy("allow", [{"from": [from_a]}]))
    eventually(lambda: ask(kubectl, url))
    kubectl("delete", "-n", B, "networkpolicy", "--all")
    eventually(lambda: ask(kubectl, url))


def test_policy_cannot_be_evaded_over_ipv6(kubectl: Kubectl) -> None:
    """A link-local address would reach every pod of the bridge, past all policies."""
    image = kubectl.get("pod", "-n", B, "server")["spec"]["containers"][0]["image"]
    kubectl.apply(pod(B, "dual", image, SERVE_BOTH))
    kubectl("wait", "-n", B, "--for=condition=Ready", "pod/dual", "--timeout=60s")
    address = kubectl.get("pod", "-n", B, "dual")["status"]["podIP"]
    assert connects(kubectl, address, 8080)
    interfaces = kubectl("exec", "-n", B, "dual", "--", "python3", "-c", INTERFACES).splitlines()
    assert {line.split()[-1] for line in interfaces if line} <= {"lo"}
    kubectl("delete", "-n", B, "pod", "dual", "--timeout=30s")


def test_host_takes_no_connection_from_a_pod(kubectl: Kubectl, cluster: Cluster) -> None:
    link = cluster.state.link()
    assert link is not None
    with socket.create_server((link.host, 0)) as listener:
        port = listener.getsockname()[1]
        socket.create_connection((link.host, port), timeout=2).close()
        assert connects(kubectl, link.node, API_PORT)
        assert not connects(kubectl, link.host, port)


def test_health_of_kube_router_is_the_nodes_own(kubectl: Kubectl, cluster: Cluster) -> None:
    link = cluster.state.link()
    assert link is not None
    assert not connects(kubectl, link.node, HEALTH_OF_KUBE_ROUTER)
    with pytest.raises(TimeoutError):
        socket.create_connection((link.node, HEALTH_OF_KUBE_ROUTER), timeout=1)


def test_services_have_no_names_by_address(kubectl: Kubectl) -> None:
    """Else a tenant lists all others by asking for each address in turn."""
    address = kubectl.get("service", "-n", B, "server")["spec"]["clusterIP"]
    program = f"import socket; print(socket.gethostbyaddr('{address}'))"
    assert "Unknown host" in kubectl("exec", "-n", A, "client", "--", "python3", "-c", program, fails=True)


def test_simulated_pod_runs_beside_real_ones(kubectl: Kubectl) -> None:
    item = pod(A, "simulated", "nowhere.example/none:1")
    item["spec"]["nodeSelector"] = {"wegennet.commonground.nl/node-pool": "simulated"}
    item["spec"]["tolerations"] = [{"key": "wegennet.commonground.nl/node-pool", "value": "simulated"}]
    kubectl.apply(item)
    kubectl("wait", "-n", A, "--for=condition=Ready", "pod/simulated", "--timeout=30s")
    assert kubectl.get("pod", "-n", A, "simulated")["spec"]["nodeName"].startswith("simulated-")
    kubectl("delete", "-n", A, "pod", "simulated", "--timeout=30s")


def test_pod_without_toleration_never_lands_on_a_simulated_node(kubectl: Kubectl) -> None:
    assert {item["spec"]["nodeName"] for item in kubectl.get("pods", "-n", A)["items"]} == {"real"}


def test_image_is_imported_from_a_folder_that_the_node_has_its_own_of(cluster: Cluster) -> None:
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        layer, archive = Path(folder) / "layer", Path(folder) / "archive"
        write_layer({"word": File(0o644, b"tiny")}, layer)
        reference = write(Image("wegennet.local/tiny", (layer,)), archive)
        assert cluster.import_image(archive) == reference
