"""The cgroup below which a cluster's pods run, in every hierarchy of the machine (cgroup v1, v2 and both)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from wegennet.console.errors import PlatformFailure, UserMistake

_CONTROLLERS = ("cpuset", "cpu", "io", "memory", "pids", "hugetlb")
_PATIENCE = 10.0


def hierarchies() -> list[Path]:
    """Mount points of all cgroup hierarchies."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [Path(fields[1]) for fields in mounts if fields[2] in ("cgroup", "cgroup2")]


def prepare(name: str) -> None:
    """Makes the cgroup in every hierarchy; the kubelet wants it to be there before it starts.

    Raises:
        UserMistake: the machine does not let this process make cgroups.
    """
    for hierarchy in hierarchies():
        try:
            _delegate(hierarchy)
            (hierarchy / name).mkdir(exist_ok=True)
            _delegate(hierarchy / name)
        except OSError as error:
            raise UserMistake(
                f"This machine does not allow a cgroup to be made or delegated: {error.strerror}.",
                where=str(hierarchy),
                remedy="In a container: run it privileged, with a writable /sys/fs/cgroup of its own.",
            ) from error


def present(name: str) -> list[Path]:
    """The folders of the cgroup that exist."""
    return [hierarchy / name for hierarchy in hierarchies() if (hierarchy / name).is_dir()]


def remove(name: str) -> None:
    """Removes the cgroup with all below it, and ends the processes that are still in it.

    Raises:
        PlatformFailure: a folder could not be removed in ten seconds.
    """
    deadline = time.monotonic() + _PATIENCE
    while present(name):
        for folder in present(name):
            _remove_tree(folder)
        if time.monotonic() > deadline:
            raise PlatformFailure(
                "The kernel does not let go of a cgroup of the cluster.",
                where=str(present(name)[0]),
                remedy="Look at cgroup.procs below it for the processes that hold it, then run this command again.",
            )
        if present(name):
            time.sleep(0.02)


def _delegate(folder: Path) -> None:
    """Version 2 only: lets cgroups below this one use the controllers that it has itself."""
    available = folder / "cgroup.controllers"
    if not available.exists():
        return
    wanted = [f"+{name}" for name in available.read_text().split() if name in _CONTROLLERS]
    if wanted:
        (folder / "cgroup.subtree_control").write_text(" ".join(wanted))


def _remove_tree(folder: Path) -> None:
    for current, _, _ in os.walk(folder, topdown=False):
        _kill(Path(current))
        try:
            Path(current).rmdir()
        except OSError:
            continue  # a process or a cgroup below is still on its way out: the caller tries again


def _kill(folder: Path) -> None:
    try:
        pids = (folder / "cgroup.procs").read_text().split()
    except OSError:
        return
    for pid in pids:
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            continue
