from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import ExitCode
from wegennet.platform.cli.main import run
from wegennet.toolchain.tools import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Machine


@pytest.fixture
def provider_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = tmp_path / "module" / "cmd" / "pulumi-resource-kubernetes"
    documents.mkdir(parents=True)
    for name in ("schema.json", "terraform-mapping.json"):
        (documents / name).write_text("{}")
    monkeypatch.setenv("FAKE_GO_MODULE", str(tmp_path / "module"))


@pytest.mark.usefixtures("provider_sources")
def test_the_command_builds_every_tool(go: Machine) -> None:
    assert run(["toolchain"]) == ExitCode.DONE
    assert go.cached() == sorted(TOOLS)


@pytest.mark.usefixtures("provider_sources")
def test_env_puts_the_tools_in_front_of_path(go: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    run(["toolchain"])
    assert run(["toolchain", "env"]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert printed.startswith(f"export PATH={go.cache / 'bin'}/")
    assert printed.endswith(f":{go.bin}\n")


def test_env_before_the_build_says_what_is_missing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["toolchain", "env"]) == ExitCode.USER
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "kubectl" in captured.err
    assert "wegennet toolchain" in captured.err


def test_a_failed_build_is_the_platforms_failure(
    go: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_GO_FAIL", "1")
    assert run(["toolchain"]) == ExitCode.PLATFORM
    shown = capsys.readouterr().err
    assert "main.go:7: broken" in shown
    assert "Traceback" not in shown


def test_list_as_json_is_one_line(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["toolchain", "list", "--json"]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert {tool["name"]: tool["source"] for tool in json.loads(printed)} == dict.fromkeys(TOOLS, "missing")


def test_list_shows_name_and_version(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    run(["toolchain", "list"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["kubelet", TOOLS["kubelet"].version, "missing"] in rows


def test_clean_names_what_it_removed(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    outdated = machine.cache / "tools" / "etcd-0123456789abcdef"
    outdated.mkdir(parents=True)
    assert run(["toolchain", "clean"]) == ExitCode.DONE
    assert str(outdated) in capsys.readouterr().err


def test_a_cache_that_cannot_be_written_is_the_users_to_mend(go: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    go.cache.write_text("a file where the folder should be")
    assert run(["toolchain"]) == ExitCode.USER
    shown = capsys.readouterr().err
    assert f"{go.cache}" in shown
    assert "the cache cannot be used" in shown
    assert "WEGENNET_CACHE" in shown


def test_a_cache_that_cannot_be_written_still_lists_what_is_on_path(
    go: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    go.cache.write_text("a file where the folder should be")
    go.program("helm", f"echo {TOOLS['helm'].version}")
    assert run(["toolchain", "list"]) == ExitCode.DONE
    assert str(go.bin / "helm") in capsys.readouterr().out
