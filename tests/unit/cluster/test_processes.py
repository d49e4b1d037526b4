from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wegennet.environments.cluster import configuration, plan
from wegennet.environments.cluster.processes import Settings, all_processes, etcd
from wegennet.environments.cluster.state import Link

if TYPE_CHECKING:
    from wegennet.environments.cluster.plan import Process

SETTINGS = Settings(Link(5), lambda name: Path("/tools") / name)
PROCESSES = all_processes(SETTINGS)


def flags(name: str) -> tuple[str, ...]:
    return next(process.argv for process in PROCESSES if process.name == name)


def test_api_server_listens_on_the_link_only() -> None:
    assert f"--bind-address={SETTINGS.link.node}" in flags("kube-apiserver")


@pytest.mark.parametrize("name", ["kube-controller-manager", "kube-scheduler"])
def test_component_listens_on_loopback_only(name: str) -> None:
    assert "--bind-address=127.0.0.1" in flags(name)


def test_store_waits_for_the_disk_unless_told_otherwise() -> None:
    assert "--unsafe-no-fsync" not in etcd(SETTINGS).argv
    assert "--unsafe-no-fsync" in etcd(Settings(SETTINGS.link, SETTINGS.tool, fsync=False)).argv


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_no_secret_is_in_an_argument(process: Process) -> None:
    assert not any(word in argument for argument in process.argv for word in ("password", "token=", "BEGIN"))


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_process_waits_only_for_processes_before_it(process: Process) -> None:
    names = [item.name for item in PROCESSES]
    assert set(process.after) <= set(names[: names.index(process.name)])


def test_plan_survives_its_file(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan.dump(PROCESSES))
    assert plan.load(tmp_path / "plan.json") == PROCESSES


def test_kubelet_refuses_anonymous_callers() -> None:
    authentication = json.loads(configuration.kubelet(Link(5), "wegennet-x"))["authentication"]
    assert authentication["anonymous"] == {"enabled": False}


def test_kubelet_puts_pods_below_the_clusters_own_cgroup() -> None:
    assert json.loads(configuration.kubelet(Link(5), "wegennet-x"))["cgroupRoot"] == "/wegennet-x"


def test_each_cluster_has_an_encryption_key_of_its_own() -> None:
    assert configuration.encryption() != configuration.encryption()


def test_audit_never_holds_content() -> None:
    levels = {rule["level"] for rule in json.loads(configuration.audit_policy())["rules"]}
    assert levels == {"None", "Metadata"}
