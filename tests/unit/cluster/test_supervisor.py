"""The supervisor as pid 1 of a namespace, with small programs instead of Kubernetes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.waiting import eventually

from wegennet.environments.cluster import plan, supervisor
from wegennet.environments.cluster.plan import Probe, Process
from wegennet.environments.cluster.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = """
import sys, pathlib
from wegennet.environments.cluster import supervisor
folder = pathlib.Path(sys.argv[1])
supervisor._RETIREMENT = 1.0
supervisor.block_signals()
supervisor.Supervisor(folder / "plan.json", folder / "processes.json", folder).run()
"""
SERVE = """
import pathlib, socket, sys
pathlib.Path(sys.argv[1]).unlink(missing_ok=True)
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1]); server.listen()
print("serving", flush=True)
while True: server.accept()
"""
NAMESPACE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]


class Node:
    """A supervisor that runs the processes of a folder's plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outer: subprocess.Popen[bytes] | None = None

    def process(self, name: str, program: str = SERVE, **fields: Any) -> Process:
        """A process of this node; it is ready when it takes connections."""
        socket = str(self.folder / f"{name}.socket")
        return Process(name, (sys.executable, "-c", program, socket), ready=Probe(socket=socket), **fields)

    def plan(self, *processes: Process) -> None:
        """Gives the supervisor a plan, and starts it with the first one."""
        (self.folder / "plan.json").write_text(plan.dump(list(processes)))
        if self.outer is None:
            self.outer = subprocess.Popen([*NAMESPACE, sys.executable, "-c", RUN, str(self.folder)])
        else:
            os.kill(self.pid, signal.SIGHUP)

    @property
    def pid(self) -> int:
        """The host's process id of the supervisor."""
        assert self.outer is not None
        return int(Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text())

    def report(self) -> dict[str, dict[str, Any]]:
        """What the supervisor reports, by name."""
        try:
            return {item["name"]: item for item in json.loads((self.folder / "processes.json").read_text())}
        except FileNotFoundError:
            return {}

    def are(self, **states: str) -> dict[str, dict[str, Any]]:
        """Waits until the processes have these states."""
        eventually(lambda: {name: item["state"] for name, item in self.report().items()} == states)
        return self.report()

    def kill(self, name: str) -> None:
        """Kills a process by its id within the namespace."""
        inner = str(self.report()[name]["pid"])
        subprocess.run(["nsenter", "-U", "-p", "-m", "-t", str(self.pid), "kill", "-9", inner], check=True)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = Node(tmp_path)
    yield node
    if node.outer:
        node.outer.kill()
        node.outer.wait()


def test_process_is_ready_once_it_serves(node: Node) -> None:
    node.plan(node.process("one"))
    node.are(one="ready")


def test_process_waits_for_those_before_it(node: Node) -> None:
    node.plan(node.process("late", program="import time; time.sleep(60)"), node.process("then", after=("late",)))
    node.are(late="starting", then="waiting")


def test_process_waits_for_its_condition(node: Node) -> None:
    node.plan(node.process("one", starts_when=Probe(socket=str(node.folder / "two.socket"))))
    node.are(one="waiting")
    node.plan(node.process("one", starts_when=Probe(socket=str(node.folder / "two.socket"))), node.process("two"))
    node.are(one="ready", two="ready")


def test_killed_process_is_started_again(node: Node) -> None:
    node.plan(node.process("one"), node.process("two"))
    before = node.are(one="ready", two="ready")
    node.kill("one")
    eventually(lambda: node.report()["one"]["restarts"] == 1 and node.report()["one"]["state"] == "ready")
    assert node.report()["two"] == before["two"]


def test_failure_says_how_the_process_ended(node: Node) -> None:
    node.plan(node.process("one", program="raise SystemExit(7)"))
    eventually(lambda: "exit code 7" in node.report()["one"]["detail"])


def test_missing_program_is_reported(node: Node) -> None:
    node.plan(Process("one", (str(node.folder / "nothing"),), ready=Probe(socket="/nowhere")))
    eventually(lambda: "No such file" in node.report()["one"]["detail"])


def test_new_plan_restarts_only_what_changed(node: Node) -> None:
    node.plan(node.process("one", inputs="a"), node.process("two", inputs="a"))
    before = node.are(one="ready", two="ready")
    node.plan(node.process("one", inputs="a"), node.process("two", inputs="b"))
    eventually(lambda: node.report()["two"]["inputs"] == "b" and node.report()["two"]["state"] == "ready")
    after = node.report()
    assert after["one"] == before["one"]
    assert after["two"]["pid"] != before["two"]["pid"]


def test_process_that_left_the_plan_ends(node: Node) -> None:
    node.plan(node.process("one"), node.process("two"))
    node.are(one="ready", two="ready")
    node.plan(node.process("one"))
    node.are(one="ready")
    eventually(lambda: not Probe(socket=str(node.folder / "two.socket")).passes())


def test_what_a_process_prints_is_in_its_log(node: Node) -> None:
    node.plan(node.process("one"))
    node.are(one="ready")
    assert (node.folder / "one.log").read_text() == "serving\n"


def test_full_disk_ends_nothing_and_the_report_comes_when_there_is_room(node: Node) -> None:
    node.plan(node.process("one"))
    before = node.are(one="ready")
    full = node.folder / "processes.half"
    full.symlink_to("/dev/full")
    node.kill("one")
    eventually(lambda: Probe(socket=str(node.folder / "one.socket")).passes())
    assert node.report() == before
    full.unlink()
    eventually(lambda: node.report()["one"]["restarts"] == 1 and node.report()["one"]["state"] == "ready")


def test_long_log_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_LOG_LIMIT", 3)
    (tmp_path / "one.log").write_text("long")
    (tmp_path / "audit.log").write_text("its own writer bounds it")
    Supervisor(tmp_path / "plan.json", tmp_path / "processes.json", tmp_path)._bound_logs()
    assert (tmp_path / "one.log").read_text() == ""
    assert (tmp_path / "one.log.1").read_text() == "long"
    assert (tmp_path / "audit.log").read_text() != ""


def test_long_log_begins_anew_even_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_LOG_LIMIT", 3)
    (tmp_path / "one.log").write_text("long")
    (tmp_path / "one.log.1").symlink_to("/dev/full")
    Supervisor(tmp_path / "plan.json", tmp_path / "processes.json", tmp_path)._bound_logs()
    assert (tmp_path / "one.log").read_text() == ""


def test_process_that_does_not_end_is_replaced_all_the_same(node: Node) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + SERVE
    node.plan(node.process("one", program=deaf, inputs="a"))
    before = node.are(one="ready")
    node.plan(node.process("one", inputs="b"))
    eventually(lambda: node.report()["one"]["inputs"] == "b" and node.report()["one"]["state"] == "ready", within=30)
    assert node.report()["one"]["pid"] != before["one"]["pid"]


def test_told_to_end_it_ends_everything(node: Node) -> None:
    node.plan(node.process("one"))
    node.are(one="ready")
    assert node.outer is not None
    os.kill(node.pid, signal.SIGTERM)
    node.outer.wait(10)
    assert not Probe(socket=str(node.folder / "one.socket")).passes()


def test_supervisor_refuses_to_run_outside_a_namespace(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="pid 1"):
        Supervisor(tmp_path / "plan.json", tmp_path / "processes.json", tmp_path).run()
