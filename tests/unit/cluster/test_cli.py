from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wegennet.console.errors import UserMistake
from wegennet.environments.cluster import Cluster
from wegennet.environments.cluster.status import ComponentStatus
from wegennet.platform.cli.cluster import app


def run(*arguments: str, given: str = "") -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(app, list(arguments), input=given)
    return result.stdout, result.exception


def test_status_as_json_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "status", lambda _: [ComponentStatus("etcd", "ready")])
    output, _ = run("status", "--json", "--state", str(tmp_path))
    assert output.count("\n") == 1
    assert json.loads(output) == [{"name": "etcd", "state": "ready", "detail": ""}]


def test_status_of_a_cluster_that_never_ran(tmp_path: Path) -> None:
    output, _ = run("status", "--json", "--state", str(tmp_path))
    assert json.loads(output) == [{"name": "cluster", "state": "stopped", "detail": "never started"}]


def test_kubeconfig_is_the_path_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").touch()
    assert run("kubeconfig", "--state", str(tmp_path))[0] == f"{tmp_path}/kubeconfig\n"


def test_kubeconfig_before_the_first_start_says_what_to_do(tmp_path: Path) -> None:
    _, error = run("kubeconfig", "--state", str(tmp_path))
    assert isinstance(error, UserMistake)
    assert "wegennet cluster up" in str(error)


def test_reset_asks_and_a_no_removes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "reset", lambda *_: pytest.fail("must not be removed"))
    _, error = run("reset", "--state", str(tmp_path), given="n\n")
    assert isinstance(error, UserMistake)


def test_state_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WEGENNET_STATE", str(tmp_path))
    (tmp_path / "kubeconfig").touch()
    assert Path(run("kubeconfig")[0].strip()) == tmp_path / "kubeconfig"
