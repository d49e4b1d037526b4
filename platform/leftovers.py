"""What a run that was killed leaves behind: locks on the state, and the provider that it had started."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from wegennet.platform import pulumi_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")


def tidy(records: Path) -> None:
    """Removes the locks of runs on this machine that no longer exist, and ends the providers that they left."""
    dead = list(_dead_locks(pulumi_settings.backend(records) / ".pulumi" / "locks"))
    for pid in _orphaned_providers(records) if dead else ():
        os.kill(pid, signal.SIGTERM)
    for lock in dead:
        lock.unlink(missing_ok=True)


def _dead_locks(folder: Path) -> Iterator[Path]:
    """The locks whose owner is gone (killed, or from before a reboot); of another machine nothing is known."""
    for file in folder.rglob("*.json"):
        lock = orjson.loads(file.read_bytes())
        if lock["hostname"] == socket.gethostname() and _program(lock["pid"]) != "pulumi":
            yield file


def _orphaned_providers(records: Path) -> Iterator[int]:
    """Providers that were started for this state by a pulumi that is gone: they wait for it for ever."""
    ours = str(records / "pulumi-cli" / "bin" / "pulumi-resource-")
    for process in _PROC.iterdir():
        pid = int(process.name) if process.name.isdigit() else 0
        if pid and _arguments(pid)[0].startswith(ours) and _program(_parent(pid)) != "pulumi":
            yield pid


def _arguments(pid: int) -> list[str]:
    """The command line of a process; one empty word when there is no such process."""
    try:
        return (_PROC / str(pid) / "cmdline").read_text().split("\0")
    except OSError:
        return [""]


def _program(pid: int) -> str:
    return Path(_arguments(pid)[0]).name


def _parent(pid: int) -> int:
    try:
        status = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[1])
