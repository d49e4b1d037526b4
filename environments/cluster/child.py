"""One process under the supervisor: started, probed until it is ready, and started again with backoff when it ends.

Only the standard library, as the supervisor that imports it.
"""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.environments.cluster.plan import Process

SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
"""What the supervisor waits for; blocked there, and open again in what it starts."""

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}

_FAST_START = 30.0
"""Seconds after which a process that is not ready yet is probed less often."""
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 15.0
_STEADY = 30.0
"""Seconds of running after which an end counts as the first one again."""


class Child:
    """One process of the plan and how it fares. `state` is waiting, starting, ready or failed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.pid = 0
        self.state = "waiting"
        self.detail = ""
        self.restarts = 0
        self.was_ready = False
        self.retired_at = 0.0
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


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit code {os.waitstatus_to_exitcode(status)}"
