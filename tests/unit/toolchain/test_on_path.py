from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wegennet.toolchain import on_path
from wegennet.toolchain.tools import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Machine

KUBECTL = TOOLS["kubectl"]


def test_a_program_of_the_pinned_version_is_used(machine: Machine) -> None:
    path = machine.program("kubectl", f'echo "Client Version: {KUBECTL.version}"; echo "Kustomize Version: v5.8.1"')
    assert on_path.find(KUBECTL) == path


@pytest.mark.parametrize(
    "script",
    [
        "echo Client Version: v1.20.2",
        f"echo Client Version: {KUBECTL.version}-alpha.1",
        f"echo Client Version: {KUBECTL.version}; exit 1",
        "echo no version here",
    ],
)
def test_a_program_that_does_not_tell_the_pinned_version_is_not_used(machine: Machine, script: str) -> None:
    machine.program("kubectl", script)
    assert on_path.find(KUBECTL) is None


def test_a_later_program_on_path_is_used_when_the_first_has_another_version(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = machine.program("kubectl", f"echo {KUBECTL.version}")
    first = tmp_path / "first"
    first.mkdir()
    (first / "kubectl").write_text("#!/bin/sh\necho v1.20.2\n")
    (first / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(first), str(second.parent)]))
    assert on_path.find(KUBECTL) == second


def test_a_program_that_does_not_answer_in_time_is_not_used(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_path, "_ANSWER_SECONDS", 0.1)
    machine.program("kubectl", "read line < /dev/zero; exec /bin/sleep 60")
    assert on_path.find(KUBECTL) is None


def test_a_program_is_asked_once_for_as_long_as_it_stays_the_same(machine: Machine, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    script = f"echo asked >> {asked}; echo v1.20.2"
    machine.program("kubectl", script)
    on_path.find(KUBECTL)
    on_path.find(KUBECTL)
    assert asked.read_text() == "asked\n"


def test_a_program_that_was_replaced_is_asked_again(machine: Machine) -> None:
    machine.program("kubectl", "echo v1.20.2")
    assert on_path.find(KUBECTL) is None
    replaced = machine.program("kubectl", f"echo Client Version: {KUBECTL.version}")
    assert on_path.find(KUBECTL) == replaced


def test_a_spoiled_memory_is_asked_anew(machine: Machine) -> None:
    path = machine.program("kubectl", f"echo {KUBECTL.version}")
    on_path.find(KUBECTL)
    (machine.cache / "path-versions.json").write_text('{"half')
    assert on_path.find(KUBECTL) == path


def test_what_our_own_cache_put_on_path_does_not_count(machine: Machine) -> None:
    outdated = machine.cache / "tools" / "kubernetes-0000000000000000" / "kubectl"
    outdated.parent.mkdir(parents=True)
    outdated.write_text(f"#!/bin/sh\necho {KUBECTL.version}\n")
    outdated.chmod(0o755)
    (machine.bin / "kubectl").symlink_to(outdated)
    assert on_path.find(KUBECTL) is None


def test_a_tool_that_cannot_tell_its_version_is_never_taken_from_path(machine: Machine) -> None:
    machine.program("pause", "echo v1.0.0")
    assert on_path.find(TOOLS["pause"]) is None
