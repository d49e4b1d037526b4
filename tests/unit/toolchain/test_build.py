from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import ExitCode, PlatformFailure, UserMistake
from wegennet.toolchain import cache, ensure, status
from wegennet.toolchain.tools import MODULES, TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Machine

    from wegennet.console.progress import Reporter

KUBERNETES = [name for name, tool in TOOLS.items() if tool.module.folder == "kubernetes"]

BUILD_PAUSE = """
from wegennet.console.progress import Reporter
from wegennet.toolchain import ensure
with Reporter() as reporter:
    ensure(["pause"], reporter)
"""


Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start_build() -> Iterator[Start]:
    """Starts builds in processes of their own; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", BUILD_PAUSE]
        # A shell starts what runs in its background with SIGINT ignored, and a child inherits that.
        kept = signal.signal(signal.SIGINT, signal.default_int_handler)
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        signal.signal(signal.SIGINT, kept)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def await_end(pid: int, seconds: float = 30) -> bool:
    """Waits until the process has ended; false when it has not in time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def await_line(process: subprocess.Popen[str], text: str) -> None:
    """Reads the process's messages until one has the text; an ended process has none."""
    assert process.stderr is not None
    assert any(text in line for line in process.stderr)


def test_what_is_missing_is_built_and_found_under_its_name(go: Machine, reporter: Reporter) -> None:
    toolchain = ensure(["etcd", "pause"], reporter)
    assert toolchain.path("etcd").is_file()
    assert go.cached() == ["etcd", "pause"]


def test_a_second_run_starts_no_go_and_writes_nothing(go: Machine, reporter: Reporter) -> None:
    ensure(["etcd"], reporter)
    before = {path: path.stat().st_mtime_ns for path in [go.cache, *go.cache.rglob("*")]}
    (go.bin / "go").unlink()
    ensure(["etcd"], reporter)
    assert {path: path.stat().st_mtime_ns for path in [go.cache, *go.cache.rglob("*")]} == before


def test_the_tools_of_one_module_come_from_one_go_build(go: Machine, reporter: Reporter) -> None:
    ensure(KUBERNETES, reporter)
    assert len(go.go_calls("build")) == 1
    assert go.cached() == sorted(KUBERNETES)


def test_only_the_missing_tools_of_a_module_are_built(go: Machine, reporter: Reporter) -> None:
    ensure(["kubectl"], reporter)
    ensure(["kubectl", "kubelet"], reporter)
    assert "cmd/kubectl" not in go.go_calls("build")[1]


def test_a_tool_of_the_pinned_version_on_path_is_not_built(go: Machine, reporter: Reporter) -> None:
    present = go.program("helm", f"echo {TOOLS['helm'].version}")
    assert ensure(["helm"], reporter).path("helm") == present
    assert not go.calls.exists()


def test_a_build_never_works_in_the_source_tree(go: Machine, reporter: Reporter) -> None:
    ensure(["pause"], reporter)
    assert f"cwd={MODULES}" not in go.calls.read_text()


def test_a_person_sees_what_is_compiled_and_what_remains(go: Machine, start_build: Start) -> None:
    shown = start_build().communicate(timeout=30)[1]
    assert "pause devel: pause 1/2 example.org/package0" in shown
    assert "Native tools 1/1 still to build: nothing" in shown


def test_a_failed_build_leaves_nothing_and_shows_what_go_said(
    go: Machine, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_FAIL", "1")
    with pytest.raises(PlatformFailure, match=r"main\.go:7: broken") as failure:
        ensure(["pause"], reporter)
    assert failure.value.exit_code == ExitCode.PLATFORM
    assert go.cached() == []
    assert not any((go.cache / "work").iterdir())


def test_the_log_that_a_failure_names_has_all_output(
    go: Machine, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_FAIL", "1")
    with pytest.raises(PlatformFailure) as failure:
        ensure(["pause"], reporter)
    log = go.cache / "logs" / "pause.log"
    assert str(log) in failure.value.remedy
    assert "downloading example.org/module" in log.read_text()


def test_an_interrupted_build_ends_go_and_leaves_no_half_binary(go: Machine, fifo: Path, start_build: Start) -> None:
    building = start_build()
    compiler = int(fifo.read_text())
    building.send_signal(signal.SIGINT)
    building.communicate(timeout=30)
    assert await_end(compiler)
    assert go.cached() == []
    assert not any((go.cache / "work").iterdir())


def test_a_killed_build_leaves_no_half_binary(go: Machine, fifo: Path, start_build: Start) -> None:
    killed = start_build()
    compiler = int(fifo.read_text())
    killed.kill()
    killed.wait()
    os.kill(compiler, signal.SIGKILL)
    assert go.cached() == []


def test_after_a_killed_build_the_next_waits_for_the_compiler_that_outlives_it(
    go: Machine, fifo: Path, start_build: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = start_build()
    compiler = int(fifo.read_text())
    killed.kill()
    monkeypatch.delenv("FAKE_GO_HANG")
    following = start_build()
    try:
        await_line(following, "waiting for another build")
        assert go.cached() == []
    finally:
        os.kill(compiler, signal.SIGKILL)
    following.communicate(timeout=30)
    assert cache.binary(TOOLS["pause"]).read_text() == "{}"


def test_of_two_builds_at_once_the_second_finds_the_tools_of_the_first(go: Machine, start_build: Start) -> None:
    builds = [start_build(), start_build()]
    for process in builds:
        process.communicate(timeout=30)
    assert [process.returncode for process in builds] == [0, 0]
    assert len(go.go_calls("build")) == 1


def test_the_provider_embeds_its_documents_with_the_version_of_its_release(
    go: Machine, reporter: Reporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = tmp_path / "module" / "cmd" / "pulumi-resource-kubernetes"
    documents.mkdir(parents=True)
    (documents / "schema.json").write_text('{\n  "name": "kubernetes"\n}')
    (documents / "terraform-mapping.json").write_text("{ }")
    monkeypatch.setenv("FAKE_GO_MODULE", str(tmp_path / "module"))
    built = ensure(["pulumi-resource-kubernetes"], reporter).path("pulumi-resource-kubernetes")
    assert json.loads(built.read_text()) == {
        "schema.json": '{"name":"kubernetes","version":"4.25.0"}',
        "terraform-mapping.json": "{}",
    }


def test_an_unknown_tool_is_the_users_mistake_and_the_known_ones_are_named(machine: Machine) -> None:
    with pytest.raises(UserMistake, match="no such tool: minikube") as mistake:
        status(["minikube"])
    assert "kubectl" in mistake.value.remedy


def test_status_tells_where_each_tool_is(go: Machine, reporter: Reporter) -> None:
    ensure(["pause"], reporter)
    go.program("helm", f"echo {TOOLS['helm'].version}")
    assert {one.name: one.source for one in status(["pause", "helm", "etcd"])} == {
        "pause": "cache",
        "helm": "PATH",
        "etcd": "missing",
    }
