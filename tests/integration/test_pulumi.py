"""The real Pulumi program against a real API server, by `wegennet` and by plain `pulumi`, with the operator beside."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.api import GROUP, Api
from support.chart import operator_kubeconfig
from support.deployed import Answer, copy_of_embedded
from support.operator import start_process
from support.waiting import eventually

from wegennet import toolchain
from wegennet.console.progress import Reporter
from wegennet.environments.cluster import ControlPlane
from wegennet.platform.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration

FEW = 3
STACK = "pulumi-trial"
API_SERVER: dict[str, Any] = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "kubernetes", "labels": {"kubernetes.io/service-name": "kubernetes"}},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["192.0.2.1"]}],
    "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
}


@dataclass(frozen=True)
class Trial:
    """An environment on a bare control plane of its own, and the commands that work on it."""

    folder: Path
    state: Path
    api: Api

    @property
    def list(self) -> Path:
        return self.folder / "municipalities.csv"

    def wegennet(self, *arguments: str) -> Answer:
        command = [str(ROOT / ".venv" / "bin" / "wegennet"), *arguments]
        options = ["--environment", str(self.folder), "--state", str(self.state)]
        return self._run([*command, *options], dict(os.environ))

    def pulumi(self, *arguments: str) -> Answer:
        """Plain pulumi in the repository, told where its state is by `wegennet env`."""
        words = shlex.split(self.wegennet("env").out)
        told = dict(word.split("=", 1) for word in words if word != "export")
        command = ["pulumi", *arguments, "--stack", STACK, "--non-interactive"]
        return self._run(command, os.environ | told)

    @staticmethod
    def _run(command: list[str], environment: dict[str, str]) -> Answer:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
        return Answer(done.returncode, done.stdout, done.stderr)

    def versions(self) -> dict[str, str]:
        """Each municipality's version in the store, which every write changes."""
        items = self.api.get(f"{GROUP}/municipalities")["items"]
        return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in items}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """The environment is up; its municipalities became ready as soon as there was an operator, and not before."""
    folder = tmp_path_factory.mktemp("pulumi")
    tools = toolchain.ensure(["etcd", "kube-apiserver"], Reporter(quiet=True))
    with ControlPlane(folder / "plane", tools.path("etcd"), tools.path("kube-apiserver")) as plane:
        api = Api.of(plane.kubeconfig)
        api.create("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", API_SERVER)
        made = Trial(_environment(folder / "environment", plane.kubeconfig), folder / "state", api)
        early = made.wegennet("up", "--yes", "--timeout", "0")
        assert (early.code, f"{FEW} of {FEW} municipalities are not ready" in early.err) == (3, True), early.err
        account = operator_kubeconfig(api, plane.kubeconfig, folder)
        operator = start_process("trial", account, folder / "operator.log")
        try:
            later = made.wegennet("up", "--yes", "--json", "--timeout", "60")
            assert later.code == 0, later.err
            yield made
        finally:
            operator.kill()
            (ROOT / f"Pulumi.{STACK}.yaml").unlink(missing_ok=True)


def _environment(folder: Path, kubeconfig: Path) -> Path:
    """A copy of the embedded environment, on the cluster of a kubeconfig."""
    file = copy_of_embedded(folder, FEW) / "environment.yaml"
    content = yaml.safe_load(file.read_text())
    content["name"] = STACK
    context = yaml.safe_load(kubeconfig.read_text())["current-context"]
    content["cluster"] = {"context": context, "kubeconfig": str(kubeconfig)}
    content["operator"]["image"] = "registry.invalid/wegennet-operator@sha256:" + "0" * 64
    file.write_text(yaml.safe_dump(content))
    return folder


@pytest.fixture
def lines(trial: Trial) -> Iterator[list[str]]:
    """The lines of the list, which a test may change; as they were afterwards."""
    before = trial.list.read_text()
    yield before.splitlines(keepends=True)
    trial.list.write_text(before)


def test_the_municipalities_are_ready(trial: Trial) -> None:
    found = trial.wegennet("status", "--json").json
    assert [one["ready"] for one in found] == [True] * FEW


def test_a_second_up_changes_nothing_and_writes_to_no_tenant(trial: Trial) -> None:
    before = trial.versions()
    changes = trial.wegennet("up", "--yes", "--json").json["changes"]
    assert (changes["create"], changes["update"], changes["delete"]) == (0, 0, 0)
    assert trial.versions() == before


def test_plain_pulumi_sees_the_same_stack_without_a_difference(trial: Trial) -> None:
    answer = trial.pulumi("preview", "--expect-no-changes")
    assert answer.code == 0, answer.out + answer.err


def test_plain_pulumi_cannot_remove_a_municipality(trial: Trial, lines: list[str]) -> None:
    before = trial.versions()
    trial.list.write_text("".join(lines[:-1]))
    answer = trial.pulumi("up", "--yes", "--skip-preview")
    assert answer.code != 0
    assert "protect" in answer.out + answer.err
    assert trial.versions() == before


def test_a_truncated_list_is_refused(trial: Trial, lines: list[str]) -> None:
    before = trial.versions()
    trial.list.write_text("".join(lines[:2]))
    answer = trial.wegennet("up", "--yes", "--json")
    assert answer.code == 1
    assert f"would remove {FEW - 1} municipalities of {FEW}" in answer.err
    assert trial.versions() == before


def test_a_preview_groups_changes_and_makes_none(trial: Trial, lines: list[str]) -> None:
    before = trial.versions()
    more = [f"GM900{number},Nieuw {number},Nergens,1,\n" for number in (1, 2)]
    trial.list.write_text("".join([*lines, *more]))
    answer = trial.wegennet("preview")
    assert answer.code == 0, answer.err
    assert "+ create 2 Municipality (gm9001, gm9002)" in answer.err
    assert trial.versions() == before


def test_a_changed_row_is_one_update(trial: Trial, lines: list[str]) -> None:
    trial.list.write_text("".join(lines).replace(",16,0", ",16,5"))
    changes = trial.wegennet("up", "--yes", "--json").json["changes"]
    assert (changes["create"], changes["update"], changes["delete"]) == (0, 1, 0)


def test_what_the_api_server_refuses_is_said_in_its_words(trial: Trial, lines: list[str]) -> None:
    header = lines[0].replace("ring", "ring,oin")
    rows = [line.rstrip("\n") + ",\n" for line in lines[1:]]
    trial.list.write_text("".join([header, *rows, "GM9001,Nieuw,Nergens,1,,12345678901234567000\n"]))
    answer = trial.wegennet("up", "--yes")
    assert answer.code == 1
    assert "the first 8 digits of this OIN are no known prefix" in answer.err
    assert "Traceback" not in answer.err


def test_the_passphrase_is_readable_by_its_owner_alone(trial: Trial) -> None:
    file = trial.state / "pulumi-passphrase"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_run_that_was_killed_is_taken_up_again(trial: Trial, lines: list[str]) -> None:
    new = [f"GM91{number:02},Nieuw {number},Nergens,1,\n" for number in range(20)]
    trial.list.write_text("".join([*lines, *new]))
    _kill_after_the_first_change(trial)
    answer = trial.wegennet("up", "--yes", "--json")
    assert answer.code == 0, answer.err
    assert len(trial.versions()) == FEW + len(new)


def _kill_after_the_first_change(trial: Trial) -> None:
    """Kills `wegennet up` and its pulumi as soon as a new municipality is there."""
    command = [str(ROOT / ".venv" / "bin" / "wegennet"), "up", "--yes"]
    options = ["--environment", str(trial.folder), "--state", str(trial.state)]
    with subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL, start_new_session=True) as run:
        eventually(lambda: len(trial.versions()) > FEW, within=60)
        os.killpg(run.pid, 9)
