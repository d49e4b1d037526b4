from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import eventually

from wegennet.fsc.trial.child import Child
from wegennet.fsc.trial.errors import Failure

SLEEPER = ["sleep", "60"]


def _shell(script: str, log: Path) -> Child:
    return Child("the shell", ["sh", "-c", script], log)


def test_output_goes_to_the_log(tmp_path: Path) -> None:
    _shell("echo out; echo err >&2", tmp_path / "log").wait(5)
    assert (tmp_path / "log").read_text() == "out\nerr\n"


def test_running_child_has_no_exit_code(tmp_path: Path) -> None:
    child = Child("sleeper", SLEEPER, tmp_path / "log")
    assert child.exit_code is None
    child.kill()


def test_child_that_ended_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    child = _shell("echo what went wrong; exit 3", tmp_path / "log")
    child.wait(5)
    with pytest.raises(Failure, match=r"the shell ended with exit code 3(?s:.*)what went wrong"):
        child.must_run()


def test_signal_that_ended_a_child_is_named(tmp_path: Path) -> None:
    child = Child("sleeper", SLEEPER, tmp_path / "log")
    child.kill()
    with pytest.raises(Failure, match="SIGKILL"):
        child.must_run()


def test_child_is_asked_to_stop(tmp_path: Path) -> None:
    child = _shell("trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.01; done", tmp_path / "log")
    eventually(lambda: "up" in child.last_lines())
    child.stop()
    assert "asked" in child.last_lines()


def test_child_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    child = _shell("trap '' TERM; echo up; while :; do sleep 0.01; done", tmp_path / "log")
    eventually(lambda: "up" in child.last_lines())
    child.stop(within=0.1)
    assert child.exit_code == -signal.SIGKILL


def test_child_gets_only_the_given_environment(tmp_path: Path) -> None:
    Child("env", ["/usr/bin/env"], tmp_path / "log", env={"ONLY": "this"}).wait(5)
    assert (tmp_path / "log").read_text() == "ONLY=this\n"


def test_child_does_not_get_the_keys_of_our_terminal(tmp_path: Path) -> None:
    child = Child("sleeper", SLEEPER, tmp_path / "log")
    assert os.getsid(child.pid) == child.pid
    child.kill()


def test_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    program = f"""
import pathlib, signal
from wegennet.fsc.trial.child import Child
child = Child("sleeper", {SLEEPER!r}, pathlib.Path({str(tmp_path / "log")!r}))
print(child.pid, flush=True)
signal.pause()
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    eventually(lambda: not _runs(child), within=5)


def _runs(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
