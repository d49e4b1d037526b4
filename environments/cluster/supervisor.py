"""Runs the node's processes: in order, probed until ready, started again with backoff when one ends.

One thread that sleeps until a signal comes: no work is done while all is well. It runs as pid 1 of the node, so it
also reaps whatever loses its parent. Only the standard library, to stay small.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from typing import TYPE_CHECKING

from wegennet.environments.cluster import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wegennet.environments.cluster.plan import Process

SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}

_PROBE_EVERY = 0.05
_SLOW_PROBE_EVERY = 0.5
_FAST_START = 30.0
"""Seconds after which a process that is not ready yet is probed less often."""
_LOGS_EVERY = 60.0
_LOG_LIMIT = 16 * 1024 * 1024
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 15.0
_STEADY = 30.0
"""Seconds of running after which an end counts as the first one again."""
_GRACE = 3.0
"""Seconds between asking processes to end and ending them."""


class Child:
    """One process of the plan and how it fares. `state` is waiting, starting, ready or failed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.pid = 0
        self.state = "waiting"
        self.detail = ""
        self.restarts = 0
        self.was_ready = False
        self.retired = False
        self._delay = _FIRST_DELAY
        self._not_before = 0.0
        self._started = 0.0

    def may_start(self, ready: set[str]) -> bool:
        """Whether it is down and everything that it waits for is there."""
        if self.pid or time.monotonic() < self._not_before or not ready.issuperset(self.process.after):
            return False
        return self.process.starts_when is None or self.process.starts_when.passes()

    def start(self, log: Path) -> None:
        """Starts it in a session of its own; what it prints is appended to its log."""
        writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.pid = os.posix_spawn(
            self.process.argv[0],
            self.process.argv,
            ENVIRONMENT,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), writing, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, *SIGNALS],
        )
        self._started = time.monotonic()
        self.state, self.detail = "starting", ""

    def probe(self) -> None:
        """Asks a starting process whether it serves now."""
        if self.process.ready.passes():
            self.state, self.detail, self.was_ready = "ready", "", True

    def ended(self, status: int) -> None:
        """Notes that it ended, and when it may be started again."""
        if time.monotonic() - self._started > _STEADY:
            self._delay = _FIRST_DELAY
        self._not_before = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, _LONGEST_DELAY)
        self.pid, self.state = 0, "failed"
        self.restarts += 1
        self.detail = f"ended with {_how(status)}; see its log"

    @property
    def slow(self) -> bool:
        """Whether it has been starting for so long that there is no hurry any more."""
        return self.pid != 0 and time.monotonic() - self._started > _FAST_START

    def report(self) -> dict[str, object]:
        """What `status` shows of it."""
        return {
            "name": self.process.name,
            "state": self.state,
            "detail": self.detail,
            "restarts": self.restarts,
            "pid": self.pid,
            "inputs": self.process.inputs,
        }


class Supervisor:
    """Holds the processes of a plan running until it is told to end.

    Args:
        plan_file: the plan; read again on SIGHUP.
        report_file: where the processes' states are written, whole or not at all.
        logs: folder of the logs.
    """

    def __init__(self, plan_file: Path, report_file: Path, logs: Path) -> None:
        self._plan_file = plan_file
        self._report_file = report_file
        self._logs = logs
        self._children: dict[str, Child] = {}
        self._retiring: list[Child] = []
        self._reported = ""
        self._logs_due = 0.0

    def run(self) -> None:
        """Runs until SIGTERM; the signals must be blocked already (see `block_signals`).

        Raises:
            RuntimeError: this is not pid 1 of a namespace.
        """
        if os.getpid() != 1:
            raise RuntimeError("The supervisor ends every process of its pid namespace, so it has to be pid 1 of one.")
        self._read_plan()
        while True:
            self._start_and_probe()
            self._bound_logs()
            self._report()
            received = signal.sigtimedwait(SIGNALS, self._pause())
            if received is not None and not self._handle(received.si_signo):
                return self._stop()

    def _handle(self, number: int) -> bool:
        if number in (signal.SIGTERM, signal.SIGINT):
            return False
        if number == signal.SIGHUP:
            self._read_plan()
        self._reap()
        return True

    def _read_plan(self) -> None:
        """Takes over the plan: what changed or is gone is ended, what is the same stays untouched."""
        wanted = {process.name: process for process in plan.load(self._plan_file)}
        for name, child in list(self._children.items()):
            if wanted.get(name) != child.process:
                self._retire(child)
                del self._children[name]
        for name in wanted.keys() - self._children.keys():
            self._children[name] = Child(wanted[name])
        self._children = {name: self._children[name] for name in wanted}

    def _retire(self, child: Child) -> None:
        if child.pid:
            os.kill(child.pid, signal.SIGTERM)
            self._retiring.append(child)

    def _start_and_probe(self) -> None:
        retiring = {child.process.name for child in self._retiring}
        ready = {name for name, child in self._children.items() if child.was_ready}
        for name, child in self._children.items():
            if name not in retiring and child.may_start(ready):
                self._start(child)
            elif child.state == "starting":
                child.probe()

    def _start(self, child: Child) -> None:
        try:
            child.start(self._logs / f"{child.process.name}.log")
        except OSError as error:
            child.ended(127 << 8)
            child.detail = f"{child.process.argv[0]}: {error.strerror}"

    def _reap(self) -> None:
        for pid, status in _ended():
            self._retiring = [child for child in self._retiring if child.pid != pid]
            for child in self._children.values():
                if child.pid == pid:
                    child.ended(status)

    def _pause(self) -> float:
        busy = [child for child in self._children.values() if child.state != "ready"]
        if not busy and not self._retiring:
            return _LOGS_EVERY
        return _SLOW_PROBE_EVERY if busy and all(child.slow for child in busy) else _PROBE_EVERY

    def _bound_logs(self) -> None:
        if time.monotonic() < self._logs_due:
            return
        self._logs_due = time.monotonic() + _LOGS_EVERY
        for log in self._logs.glob("*.log"):
            if log.name != "audit.log" and log.stat().st_size > _LOG_LIMIT:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)

    def _report(self) -> None:
        text = json.dumps([child.report() for child in self._children.values()], indent=1) + "\n"
        if text == self._reported:
            return
        half = self._report_file.with_suffix(".half")
        half.write_text(text)
        half.replace(self._report_file)
        self._reported = text

    def _stop(self) -> None:
        """Ends all: first the kubelet, that it may not start containers again; the store last, when nobody writes."""
        kubelet = self._pids("kubelet")
        store = self._pids("etcd")
        _end(lambda: kubelet & _running())
        _end(lambda: _running() - store)
        _end(_running)

    def _pids(self, name: str) -> set[int]:
        child = self._children.get(name)
        return {child.pid} if child and child.pid else set()


def block_signals() -> None:
    """Leaves the signals to `Supervisor.run`; a blocked signal also reaches pid 1, an unhandled one would not."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def _ended() -> Iterator[tuple[int, int]]:
    """Reaps every process that ended: the plan's own and those that lost their parent."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status


def _running() -> set[int]:
    """Pids of this pid namespace, but pid 1; kernel threads are not among them."""
    return {int(entry) for entry in os.listdir("/proc") if entry.isdigit() and entry != "1"}  # noqa: PTH208 - names


def _end(pids: Callable[[], set[int]]) -> None:
    """Asks processes to end and waits for it, at most the grace time."""
    for pid in pids():
        _terminate(pid)
    deadline = time.monotonic() + _GRACE
    while time.monotonic() < deadline:
        list(_ended())
        if not pids():
            return
        signal.sigtimedwait({signal.SIGCHLD}, _PROBE_EVERY)


def _terminate(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit code {os.waitstatus_to_exitcode(status)}"
