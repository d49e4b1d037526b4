"""One builder at a time: a file lock that the kernel releases, however its holder ends."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def exclusive(path: Path, *, when_busy: Callable[[], None]) -> Iterator[int]:
    """Holds the lock file exclusively; `when_busy` is called once before it has to wait.

    Gives the lock's file descriptor. A child process that inherits it keeps the lock until it ends too, so that a
    compiler which outlives a killed builder is still waited for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        _acquire(file, when_busy)
        yield file.fileno()


def _acquire(file: IO[str], when_busy: Callable[[], None]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        when_busy()
        fcntl.flock(file, fcntl.LOCK_EX)
