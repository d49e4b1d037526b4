"""Running `go` for a person who waits: its output line by line, all of it in a log, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from wegennet.console.errors import PlatformFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_SHOWN_LINES = 15
"""So many last lines of go's output are shown when it fails; the log has the rest."""

_GRACE_SECONDS = 10
"""Go removes its temporary files when interrupted; after so long it is killed."""


@dataclass(frozen=True)
class GoCommand:
    """The `go` program at work in one module.

    Args:
        program: path of go.
        folder: the module's folder.
        environment: the variables that go runs with.
        log: file that gets all output.
        lock: file descriptor that go inherits, so that the lock lasts as long as the compiler does.
    """

    program: Path
    folder: Path
    environment: Mapping[str, str]
    log: Path
    lock: int

    def run(self, arguments: Sequence[str], *, output: Path, on_line: Callable[[str], None]) -> None:
        """Runs go; standard output goes to the file `output`, each line of standard error to `on_line` and the log.

        Raises:
            PlatformFailure: go ended with an error; says the last lines of its output.
        """
        with output.open("wb") as result, self.log.open("a") as log:
            log.write(f"go {' '.join(arguments)}\n")
            process = self._start(arguments, result)
            try:
                last = _follow(process, log, on_line)
            except BaseException:
                _end(process)
                raise
        if process.returncode:
            self._fail(process.returncode, last)

    def _start(self, arguments: Sequence[str], result: IO[bytes]) -> subprocess.Popen[str]:
        # A session of its own: Ctrl-C reaches this program alone, which then ends go and its compilers in order.
        return subprocess.Popen(
            [self.program, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=result,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            pass_fds=(self.lock,),
            start_new_session=True,
        )

    def _fail(self, code: int, last: list[str]) -> None:
        shown = "\n".join(f"  {line}" for line in last)
        raise PlatformFailure(
            f"go ended with {code}:\n{shown}",
            where=f"toolchain/{self.log.stem}",
            remedy=f"All output is in {self.log}. The next `wegennet toolchain` keeps what was compiled so far.",
        )


def _follow(process: subprocess.Popen[str], log: IO[str], on_line: Callable[[str], None]) -> list[str]:
    last: list[str] = []
    assert process.stderr is not None  # noqa: S101 - opened as a pipe
    for line in process.stderr:
        log.write(line)
        last = [*last[1 - _SHOWN_LINES :], line.rstrip()]
        on_line(line.rstrip())
    process.wait()
    return last


def _end(process: subprocess.Popen[str]) -> None:
    for sign in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            pass
        return
