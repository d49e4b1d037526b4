"""What the cluster sees and takes of the host: addresses, cgroups, packages, its own node among the processes."""

from __future__ import annotations

import ipaddress
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import eventually

from wegennet.console.errors import UserMistake
from wegennet.console.progress import Reporter
from wegennet.environments.cluster import Cluster, launch, machine, network, packages
from wegennet.environments.cluster.state import Link, State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.at(tmp_path)


def host_uses(monkeypatch: pytest.MonkeyPatch, *networks: str) -> None:
    used = [ipaddress.IPv4Network(item) for item in networks]
    monkeypatch.setattr(network, "_used_networks", lambda _: iter(used))


def test_preferred_link_is_taken_when_it_is_free(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    host_uses(monkeypatch, "192.0.2.0/24")
    assert network.take_link(state) == Link(state.preferred_link)


def test_link_avoids_addresses_that_the_host_uses(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    host_uses(monkeypatch, str(Link(state.preferred_link).network))
    assert network.take_link(state) == Link(state.preferred_link + 1)


def test_link_stays_the_same_for_good(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.remember(Link(99))
    host_uses(monkeypatch)
    assert network.take_link(state) == Link(99)


def test_link_that_the_host_uses_now_is_a_clear_mistake(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.remember(Link(99))
    host_uses(monkeypatch, "10.250.0.0/16")
    with pytest.raises(UserMistake, match="in use on this machine"):
        network.take_link(state)


@pytest.mark.parametrize("route", ["10.0.0.0/8", "0.0.0.0/1", "10.250.0.0/15", "default"])
def test_route_wider_than_the_links_is_no_hindrance(state: State, monkeypatch: pytest.MonkeyPatch, route: str) -> None:
    host_routes(monkeypatch, {"dst": route, "dev": "tun0"})
    assert network.take_link(state) == Link(state.preferred_link)


@pytest.mark.parametrize(
    "route",
    [
        {"dst": "10.250.0.0/17", "dev": "tun0"},
        {"type": "local", "dst": "10.250.3.7", "dev": "tun0"},
        {"type": "local", "dst": "10.0.0.0/8", "dev": "lo"},
    ],
)
def test_own_address_and_route_within_the_links_are_avoided(
    state: State, monkeypatch: pytest.MonkeyPatch, route: dict[str, str]
) -> None:
    state.remember(Link(3 * 64 + 1))  # 10.250.3.4/30
    host_routes(monkeypatch, route)
    with pytest.raises(UserMistake, match="in use on this machine"):
        network.take_link(state)


def test_own_link_of_the_cluster_is_no_hindrance(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.remember(Link(99))
    host_routes(monkeypatch, {"dst": str(Link(99).network), "dev": state.link_name})
    assert network.take_link(state) == Link(99)


def host_routes(monkeypatch: pytest.MonkeyPatch, *routes: dict[str, str]) -> None:
    monkeypatch.setattr(network, "_json", lambda *_: list(routes))


def test_node_is_not_found_by_a_command_line_alone(state: State) -> None:
    words = ["-c", "input()", "-m", "wegennet.environments.cluster.node", str(state.root), "x"]
    with subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE) as process:
        assert launch.find(state) is None
        process.communicate(b"\n")


@pytest.mark.parametrize(("user", "found"), [(0, True), (65534, False)])
def test_node_is_not_found_among_the_processes_of_other_users(state: State, user: int, *, found: bool) -> None:
    """Such a process is pid 1 of its own namespace and names this cluster; root must not enter it."""
    if os.geteuid() != 0:
        pytest.skip("needs root to run a process as another user")
    words = ["-c", "read line", "-m", "wegennet.environments.cluster.node", str(state.root), "x"]
    namespaces = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    with subprocess.Popen([*namespaces, "/bin/sh", *words], stdin=subprocess.PIPE, user=user) as process:
        eventually(lambda: any(words[-2] in launch._command_line(pid) for pid in children(process.pid)))
        assert (launch.find(state) is not None) == found
        process.communicate(b"\n")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_cluster_with_the_same_names_is_left_alone(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    other = State(state.root.parent / "other")
    monkeypatch.setattr(launch, "_all_nodes", lambda: [1])
    monkeypatch.setattr(launch, "_root_of", lambda _: str(other.root))
    monkeypatch.setattr(State, "identity", "0badcafe")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with Reporter(quiet=True) as reporter, pytest.raises(UserMistake, match="would be the same"):
        Cluster(state.root).down(reporter)


def test_ending_a_cluster_that_does_not_run_makes_no_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with Reporter(quiet=True) as reporter:
        Cluster(tmp_path / "never").down(reporter)
    assert not (tmp_path / "never").exists()


def test_reset_refuses_a_folder_that_is_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "precious").write_text("data")
    with Reporter(quiet=True) as reporter, pytest.raises(UserMistake, match="nothing was removed"):
        Cluster(tmp_path).reset(reporter)
    assert (tmp_path / "precious").exists()


def test_caller_who_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UserMistake, match="needs root"):
        machine.require_root()


def test_all_that_the_kernel_lacks_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_works", lambda trial: "ipset" not in trial and "nft" not in trial)
    with pytest.raises(UserMistake, match=r"(?s)nftables.*ipset"):
        machine.require_kernel()


@pytest.mark.parametrize("place", ["/run/user/0/wegennet", "/var/lib/jenkins/cache", "/var/run/cache"])
def test_tools_that_the_node_cannot_see_are_a_clear_mistake(place: str) -> None:
    with pytest.raises(UserMistake, match="cannot see the tools"):
        machine.require_visible(Path(place) / "etcd")


def test_tools_elsewhere_are_seen(tmp_path: Path) -> None:
    machine.require_visible(tmp_path / "etcd")


def test_packages_are_named_to_a_caller_who_may_not_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with Reporter(quiet=True) as reporter, pytest.raises(UserMistake, match="containerd runc"):
        packages.install(["containerd", "runc"], reporter)


def test_missing_packages_are_those_that_dpkg_does_not_call_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "\n".join(f"{name} {'config-files' if name == 'ipset' else 'installed'}" for name in packages.NEEDED[1:])
    answer = subprocess.CompletedProcess([], 1, stdout=listed, stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    monkeypatch.setattr(packages.shutil, "which", lambda _: "/usr/bin/dpkg-query")
    assert packages.missing() == ["containerd", "ipset"]


def test_package_that_would_have_to_go_is_named_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "Remv docker-ce [28.0]\nRemv containerd.io [1.7]\nInst containerd (1.6 Debian:12)\n"
    ran: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(" ".join(command))
        return subprocess.CompletedProcess(command, 0, stdout=listed, stderr="")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(packages, "candidates", lambda names: dict.fromkeys(names, "1"))
    with Reporter(quiet=True) as reporter, pytest.raises(UserMistake, match=r"docker-ce containerd\.io"):
        packages.install(["containerd"], reporter)
    assert all("--simulate" in command for command in ran)


def test_apt_is_told_to_remove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(packages, "_apt_get", lambda arguments, _: told.append(arguments))
    with Reporter(quiet=True) as reporter, reporter.stage("packages") as stage:
        packages._install(["ipset"], stage)
    assert [arguments[0] for arguments in told if "--no-remove" in arguments] == ["install"]


@pytest.mark.parametrize(("text", "stays"), [(packages._POLICY_TEXT, False), ("#!/bin/sh\nexit 0\n", True)])
def test_switch_that_a_killed_run_left_is_removed_and_a_persons_own_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, *, stays: bool
) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(text)
    monkeypatch.setattr(packages, "_POLICY", policy)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with Reporter(quiet=True) as reporter:
        packages.install([], reporter)
    assert policy.exists() == stays


def test_switch_of_a_run_under_way_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with Reporter(quiet=True) as reporter, packages._no_services_started():
        packages.install([], reporter)
        assert (tmp_path / "policy-rc.d").exists()
    assert not (tmp_path / "policy-rc.d").exists()
