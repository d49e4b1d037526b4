"""Runs the node's processes: in order, probed until ready, started again with backoff when one ends.

One thread that sleeps until a signal comes: no work is done while all is well. It runs as pid 1 of the node, so it
also reaps whatever loses its parent. Only the standard library, to stay small.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import time
from typing import TYPE_CHECKING

from wegennet.environments.cluster import plan
from wegennet.environments.cluster.child import SIGNALS, Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PROBE_EVERY = 0.05
_SLOW_PROBE_EVERY = 0.5
_LOGS_EVERY = 60.0
_LOG_LIMIT = 16 * 1024 * 1024
_GRACE = 3.0
"""Seconds between asking processes to end and ending them."""

_RETIREMENT = 15.0
"""Seconds that one process may take to end while the others stay: the API server first lets its requests finish."""


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
        self._report_is_late = False
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
            self._end_stubborn()
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
            child.retired_at = time.monotonic()
            self._retiring.append(child)

    def _end_stubborn(self) -> None:
        """Ends what was asked to end and did not: its successor waits for it."""
        for child in self._retiring:
            if time.monotonic() - child.retired_at > _RETIREMENT:
                os.kill(child.pid, signal.SIGKILL)

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
            return _SLOW_PROBE_EVERY if self._report_is_late else _LOGS_EVERY
        return _SLOW_PROBE_EVERY if busy and all(child.slow for child in busy) else _PROBE_EVERY

    def _bound_logs(self) -> None:
        if time.monotonic() < self._logs_due:
            return
        self._logs_due = time.monotonic() + _LOGS_EVERY
        for log in self._logs.glob("*.log"):
            if log.name != "audit.log":
                _bound(log)

    def _report(self) -> None:
        text = json.dumps([child.report() for child in self._children.values()], indent=1) + "\n"
        self._report_is_late = text != self._reported and not self._write_report(text)
        if not self._report_is_late:
            self._reported = text

    def _write_report(self, text: str) -> bool:
        """Whether it could be written: a full disk must not end the node."""
        half = self._report_file.with_suffix(".half")
        try:
            half.write_text(text)
            half.replace(self._report_file)
        except OSError:
            return False
        return True

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


def _bound(log: Path) -> None:
    """Begins a log anew when it is long; on a full disk its content is lost, since room is what is needed most."""
    with contextlib.suppress(OSError):
        if log.stat().st_size <= _LOG_LIMIT:
            return
        with contextlib.suppress(OSError):
            shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


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
