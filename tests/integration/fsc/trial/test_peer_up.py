"""`fsc peer up` as a person or a program runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from support.fsc.client import Client
from support.waiting import eventually

from wegennet.fsc.trial import postgres
from wegennet.fsc.trial.keys import Files
from wegennet.fsc.trial.loopback import Network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.fsc.trial.databases import Databases


@dataclass(frozen=True)
class Stopped:
    """How a run ended when it was asked to: its exit code, what it printed after the description, what still runs."""

    code: int
    rest: str
    left: list[int]


@dataclass(frozen=True)
class Crashed:
    """How a run ended by itself: its exit code, what it said on standard error, what still runs."""

    code: int
    said: str
    left: list[int]


class Up:
    """A run of the command; `description` is what it printed."""

    def __init__(self, process: subprocess.Popen[str], progress: Path) -> None:
        self.process = process
        self._progress = progress
        assert process.stdout
        self.line = process.stdout.readline()
        assert self.line, self.progress
        self.description: dict[str, Any] = json.loads(self.line)

    @property
    def progress(self) -> str:
        """What it said on standard error."""
        return self._progress.read_text()

    def stop(self) -> tuple[int, str]:
        """Asks it to stop: its exit code, and what else it printed."""
        self.process.terminate()
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, rest

    def children(self) -> list[int]:
        """The processes that it started, and theirs."""
        return _descendants(self.process.pid)


@contextmanager
def _up(folder: Path, *options: str) -> Iterator[Up]:
    argv = [sys.executable, "-m", "wegennet.fsc", "peer", "up", "--json", *options]
    progress = folder / "progress"
    with progress.open("w") as stderr:
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        yield Up(process, progress)
    finally:
        process.terminate()
        process.wait(60)


def _descendants(pid: int) -> list[int]:
    found = [int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]
    return found + [below for child in found for below in _descendants(child)]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _files(paths: dict[str, str]) -> Files:
    return Files(Path(paths["certificate"]), Path(paths["key"]))


@pytest.fixture(scope="module")
def kept() -> Iterator[Path]:
    """A folder that the server's user can enter; what a group keeps there is there for the next run."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def first(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The first run on a folder, with the demo."""
    with _up(tmp_path_factory.mktemp("first"), "--demo", "--folder", str(kept)) as up:
        yield up


@pytest.fixture(scope="module")
def stopped(first: Up) -> Stopped:
    """How the first run ended after SIGTERM."""
    children = first.children()
    code, rest = first.stop()
    return Stopped(code, rest, [child for child in children if _runs(child)])


@pytest.fixture(scope="module")
def second(kept: Path, stopped: Stopped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A second run on the same folder."""
    with _up(tmp_path_factory.mktemp("second"), "--demo", "--folder", str(kept)) as up:
        yield up


@pytest.fixture(scope="module")
def server() -> Iterator[Databases]:
    """A PostgreSQL server of somebody else."""
    with Network() as network, postgres.server(None, network.address(0, 2)) as server:
        yield server.databases


def test_directory_and_two_peers_are_described(first: Up) -> None:
    members = [first.description["directory"], *first.description["peers"]]
    assert [member["id"] for member in members] == [f"00000099{number:09d}000" for number in (1, 2, 3)]


def test_every_file_that_is_described_exists(first: Up) -> None:
    files = [text for text in _texts(first.description) if text.startswith("/")]
    assert files
    assert [file for file in files if not Path(file).exists()] == []


def test_described_certificates_open_the_described_addresses(first: Up) -> None:
    peer = first.description["peers"][0]
    certificates, anchor = peer["certificates"], Path(first.description["trust_anchor"])
    outside = Client(peer["addresses"]["manager"], anchor, _files(certificates["group"]["outway"]))
    assert outside.get("/v1/peer").json["peer_id"] == peer["id"]
    internal = Path(certificates["internal_trust_anchor"]), _files(certificates["internal"]["administrator"])
    for address, path in (("manager_internal", "/v1/contracts"), ("controller_administration", "/v1/services")):
        assert Client(peer["addresses"][address], *internal).get(path).status == 200


def test_demo_can_be_used(first: Up) -> None:
    demo = first.description["demo"]
    answer = Client(demo["outway"]).call("GET", "/hello", headers={"Fsc-Grant-Hash": demo["grant_hash"]})
    assert (answer.status, answer.json["path"]) == (200, "/hello")


def test_progress_is_plain_lines_on_standard_error(first: Up) -> None:
    assert "Components: done" in first.progress
    assert "\x1b" not in first.progress


def test_description_is_the_only_line(stopped: Stopped) -> None:
    assert stopped.rest == ""


def test_stopping_is_no_failure(stopped: Stopped) -> None:
    assert stopped.code == 0


def test_stopping_leaves_no_process(stopped: Stopped) -> None:
    assert stopped.left == []


def test_second_run_has_the_same_group(first: Up, second: Up) -> None:
    assert second.description == first.description


def test_second_run_has_what_was_agreed(second: Up) -> None:
    demo = second.description["demo"]
    answer = Client(demo["outway"]).call("GET", "/again", headers={"Fsc-Grant-Hash": demo["grant_hash"]})
    assert answer.status == 200


def test_group_that_runs_cannot_run_twice(second: Up, kept: Path) -> None:
    assert "does it run already?" in _mistake("--folder", str(kept))


def test_group_of_another_size_is_refused(second: Up, kept: Path) -> None:
    assert "--peers 2" in _mistake("--folder", str(kept), "--peers", "3")


def test_killed_command_leaves_no_process(second: Up) -> None:
    children = second.children()
    assert len(children) > 10
    second.process.kill()
    eventually(lambda: not [child for child in children if _runs(child)])


def test_stopping_in_the_middle_of_the_start_leaves_no_process(tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    with progress.open("w") as stderr:
        argv = [sys.executable, "-m", "wegennet.fsc", "peer", "up", "--json"]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=stderr)
    try:
        eventually(lambda: "Components" in progress.read_text(), within=60)
        children = _descendants(process.pid)
        process.terminate()
        printed, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, printed) == (0, b"")
    eventually(lambda: not [child for child in children if _runs(child)])


@pytest.fixture(scope="module")
def crashed(server: Databases, tmp_path_factory: pytest.TempPathFactory) -> Crashed:
    """How a run on a server of somebody else ended after its Inway was killed."""
    with _up(tmp_path_factory.mktemp("crashed"), "--peers", "1", "--postgres-dsn", server.dsn) as up:
        children = up.children()
        inway = next(child for child in children if b"inway" in Path(f"/proc/{child}/cmdline").read_bytes())
        os.kill(inway, signal.SIGKILL)
        up.process.wait(60)
    return Crashed(up.process.returncode, up.progress, [child for child in children if _runs(child)])


def test_crash_of_a_component_is_a_failure_of_the_platform(crashed: Crashed) -> None:
    assert crashed.code == 2


def test_crash_of_a_component_is_told_with_its_last_words(crashed: Crashed) -> None:
    assert "inway of Peer 1 ended with signal SIGKILL" in crashed.said
    assert '"event": "ready"' in crashed.said


def test_crash_of_a_component_leaves_no_process(crashed: Crashed) -> None:
    assert crashed.left == []


def test_server_of_somebody_else_has_nothing_of_the_group_afterwards(crashed: Crashed, server: Databases) -> None:
    with psycopg.connect(server.dsn) as connection:
        names = connection.execute("SELECT datname FROM pg_database UNION SELECT rolname FROM pg_roles").fetchall()
    assert [name for (name,) in names if name.startswith("fsc")] == []


def _mistake(*options: str) -> str:
    """What the command says when it cannot start for a reason that the user can mend."""
    argv = [sys.executable, "-m", "wegennet.fsc", "peer", "up", *options]
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    return ended.stderr


def _texts(value: Any) -> Iterator[str]:
    """Every string within JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
