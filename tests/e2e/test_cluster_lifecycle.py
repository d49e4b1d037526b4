"""The embedded cluster comes up, repairs itself, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.embedded import Kubectl, footprint, kill_in_node, namespaces_of, pids, pod, processes_in
from support.waiting import eventually

from wegennet.console.progress import Reporter
from wegennet.environments.cluster import Cluster, launch

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.e2e

PROCESSES = (
    "etcd",
    "kube-apiserver",
    "containerd",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kube-router",
    "kwok",
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that the tests of this file may break."""
    if os.geteuid() != 0:
        pytest.fail("The embedded cluster needs root: run these tests as root.")
    cluster = Cluster(tmp_path_factory.mktemp("own cluster"), fsync=False)
    try:
        up(cluster)
        yield cluster
    finally:
        with Reporter() as reporter:
            cluster.reset(reporter)


@pytest.fixture
def running(own: Cluster) -> Cluster:
    up(own)
    return own


def up(cluster: Cluster) -> None:
    with Reporter() as reporter:
        cluster.up(reporter)


def down(cluster: Cluster) -> None:
    with Reporter() as reporter:
        cluster.down(reporter)


def all_ready(cluster: Cluster) -> bool:
    return all(item.state == "ready" for item in cluster.status())


def test_up_makes_every_component_ready(running: Cluster) -> None:
    nodes = ("node/real", "node/simulated-0", "node/simulated-1", "node/simulated-2")
    assert {item.name: item.state for item in running.status()} == dict.fromkeys(
        (*PROCESSES, *nodes, "coredns"), "ready"
    )


def test_second_up_restarts_nothing(running: Cluster) -> None:
    before = launch.find(running.state), pids(running)
    up(Cluster(running.state.root))
    assert (launch.find(running.state), pids(running)) == before


def test_up_does_not_wait_for_a_node_that_a_person_added(running: Cluster) -> None:
    kubectl = Kubectl.of(running)
    kubectl.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "persons-own"}})
    up(running)
    kubectl("delete", "node", "persons-own")


def test_up_while_the_store_restarts_succeeds(running: Cluster) -> None:
    kill_in_node(running, "etcd")
    up(running)
    assert all_ready(running)


def test_settings_of_the_machine_stay_as_they_are(running: Cluster) -> None:
    """The kubelet would set this one to a million."""
    down(running)
    setting = Path("/proc/sys/kernel/keys/root_maxkeys")
    kept = setting.read_text()
    setting.write_text("999999")
    try:
        up(running)
        assert setting.read_text() == "999999\n"
    finally:
        setting.write_text(kept)


def test_two_ups_at_once_start_one_node(running: Cluster) -> None:
    down(running)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(up, [running, Cluster(running.state.root, fsync=False)]))
    assert len(launch.nodes(running.state)) == 1
    assert all_ready(running)


@pytest.mark.parametrize("name", PROCESSES)
def test_killed_process_is_started_again_and_the_others_stay(running: Cluster, name: str) -> None:
    before = pids(running)
    kill_in_node(running, name)
    eventually(lambda: pids(running)[name] not in (0, before[name]) and all_ready(running), within=60)
    after = pids(running)
    assert {other: pid for other, pid in after.items() if other != name} == {
        other: pid for other, pid in before.items() if other != name
    }


def test_cluster_outlives_the_process_that_started_it(running: Cluster) -> None:
    node = launch.find(running.state)
    parent = int(Path(f"/proc/{node}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{parent}/ns/net").exists())
    assert all_ready(running)
    assert launch.find(running.state) == node


def test_up_after_the_supervisor_was_killed_brings_everything_back(running: Cluster) -> None:
    kubectl = Kubectl.of(running)
    kubectl("create", "namespace", "kept")
    node = launch.find(running.state)
    assert node is not None
    os.kill(node, signal.SIGKILL)
    eventually(lambda: launch.find(running.state) is None)
    assert {item.state for item in running.status()} == {"stopped"}
    up(running)
    assert all_ready(running)
    assert kubectl("get", "namespace", "kept", "-o", "name").strip() == "namespace/kept"


def test_up_clears_what_another_run_left(running: Cluster) -> None:
    down(running)
    subprocess.run(["ip", "link", "add", running.state.link_name, "type", "veth"], check=True)
    leftover = Path("/sys/fs/cgroup/memory" if Path("/sys/fs/cgroup/memory").is_dir() else "/sys/fs/cgroup")
    (leftover / running.state.cgroup / "kubepods" / "left").mkdir(parents=True)
    stray = subprocess.Popen(["sleep", "600"])
    (leftover / running.state.cgroup / "kubepods" / "left" / "cgroup.procs").write_text(str(stray.pid))
    up(running)
    assert stray.wait(5) == -signal.SIGKILL
    assert all_ready(running)


def test_stale_report_of_an_ended_node_is_not_believed(running: Cluster) -> None:
    report = running.state.run / "processes.json"
    kept = report.read_text()
    down(running)
    report.write_text(kept)
    assert {item.state for item in running.status()} == {"stopped"}


def test_down_leaves_nothing_on_the_machine(running: Cluster) -> None:
    down(running)
    before = footprint(running)
    up(running)
    used = namespaces_of(running)
    assert running.state.link_name in "".join(footprint(running)["links"])
    down(running)
    eventually(lambda: footprint(running) == before)
    assert processes_in(used) == []


def test_second_cluster_lives_beside_the_first_and_goes_alone(running: Cluster, tmp_path: Path) -> None:
    other = Cluster(tmp_path / "other", fsync=False)
    before = launch.find(running.state), pids(running)
    try:
        up(other)
        Kubectl.of(other)("create", "namespace", "only-there")
        assert "only-there" not in Kubectl.of(running)("get", "namespaces")
        assert all_ready(running)
    finally:
        with Reporter() as reporter:
            other.reset(reporter)
    assert not other.state.root.exists()
    assert (launch.find(running.state), pids(running)) == before
    assert all_ready(running)


def test_renewed_certificate_restarts_only_who_uses_it(running: Cluster) -> None:
    before = pids(running)
    (running.state.pki / "kwok.crt").unlink()
    up(running)
    after = pids(running)
    assert {name for name in before if before[name] != after[name]} == {"kwok"}


def test_secrets_are_encrypted_on_disk(running: Cluster) -> None:
    Kubectl.of(running)("create", "secret", "generic", "hidden", "--from-literal=word=plain-to-be-seen")
    data = [path.read_bytes() for path in (running.state.root / "etcd").rglob("*") if path.is_file()]
    assert any(b"/registry/secrets/default/hidden" in content for content in data)
    assert not any(b"plain-to-be-seen" in content or b"cGxhaW4tdG8tYmUtc2Vlbg" in content for content in data)


def test_audit_log_tells_who_did_what_without_the_content(running: Cluster) -> None:
    Kubectl.of(running)("create", "configmap", "noted", "--from-literal=word=not-to-be-noted")
    log = running.state.log / "audit.log"
    entry = eventually(lambda: next((line for line in log.read_text().splitlines() if '"noted"' in line), ""))
    assert json.loads(entry)["user"]["username"] == "wegennet:administrator"
    assert "not-to-be-noted" not in log.read_text()


def test_audit_log_tells_of_a_lease_that_a_person_takes(running: Cluster) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "taken", "namespace": "default"},
    }
    Kubectl.of(running).apply(lease)
    log = running.state.log / "audit.log"
    eventually(lambda: any('"name":"taken"' in line for line in log.read_text().splitlines()))
    leases = [json.loads(line) for line in log.read_text().splitlines() if '"resource":"leases"' in line]
    assert {entry["user"]["username"] for entry in leases} == {"wegennet:administrator"}


def test_pods_and_their_data_come_back_after_the_node_was_killed(running: Cluster) -> None:
    with Reporter() as reporter:
        image = running.ensure_images(reporter)["operator"]
    kubectl = Kubectl.of(running)
    kubectl.apply(pod("default", "back", image))
    kubectl("wait", "--for=condition=Ready", "pod/back", "--timeout=60s")
    node = launch.find(running.state)
    assert node is not None
    os.kill(node, signal.SIGKILL)
    eventually(lambda: launch.find(running.state) is None)
    up(running)
    eventually(lambda: restarted_and_ready(kubectl), within=60)


def restarted_and_ready(kubectl: Kubectl) -> bool:
    container = kubectl.get("pod", "back")["status"]["containerStatuses"][0]
    return bool(container["restartCount"] > 0 and container["ready"])
