"""One command at a time changes a cluster."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def held(path: Path, waits: Callable[[], None]) -> Iterator[bool]:
    """Holds a lock file and says so; without its folder there is nothing that two could change, and nothing is held.

    Args:
        path: the lock file; made when it is missing.
        waits: called when another process holds it.
    """
    descriptor = _acquire(path, waits)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _acquire(path: Path, waits: Callable[[], None]) -> int | None:
    while path.parent.is_dir():
        with suppress(FileNotFoundError):  # the folder went at this moment
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            _lock(descriptor, waits)
            if _is_at(path, descriptor):
                return descriptor
            os.close(descriptor)  # who held it removed the folder: this file locks nothing any more
    return None


def _lock(descriptor: int, waits: Callable[[], None]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waits()
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
