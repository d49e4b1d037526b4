"""One child process: what it prints goes to a log file, and it never outlives the process that started it."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
from typing import TYPE_CHECKING

from wegennet.fsc.trial.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Child:
    """A running process; `name` is what a person calls it.

    The kernel sends it `at_death` when the thread that started it ends, so start children from a thread that stays.

    Args:
        user: name of the user that it runs as; None for our own.
        stop_signal: what asks it to end in good order.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        at_death: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        with log.open("ab") as output:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                argv,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # One system call: nothing in it can wait for a lock that another of our threads holds.
                preexec_fn=_dies_with(os.getpid(), at_death),  # noqa: PLW1509
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                extra_groups=None if user is None else [],
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended: its exit code, or minus the signal; None while it runs."""
        return self._process.poll()

    def must_run(self) -> None:
        """Raises Failure when it has ended, with the last lines of its log."""
        if self.exit_code is not None:
            raise Failure(f"{self.name} ended with {self._how()}. The last lines of {self.log}:\n{self.last_lines()}")

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-count:]
        return "\n".join(f"  {line}" for line in lines) or "  (nothing)"

    def ask_to_stop(self) -> None:
        """Asks it to end in good order; does not wait for it."""
        if self.exit_code is None:
            self._process.send_signal(self._stop_signal)

    def kill(self) -> None:
        """Ends it at once, as a crash would, and waits until it is gone."""
        self._process.kill()
        self._process.wait()

    def wait(self, within: float) -> int:
        """Waits until it has ended, and kills it after `within` seconds; gives its exit code."""
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    def stop(self, within: float = 10.0) -> None:
        """Asks it to end, and kills it after `within` seconds."""
        self.ask_to_stop()
        self.wait(within)

    def _how(self) -> str:
        code = self.exit_code or 0
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _dies_with(parent: int, at_death: signal.Signals) -> Callable[[], None]:
    """What the child does before it becomes the program: end when its parent does, also when that is gone already."""

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, at_death)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
