"""What processes used, as the kernel counts it: CPU time and memory, with those of their children."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> set[int]:
    """A process and all that descend from it."""
    found = {pid}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found |= family(int(child))
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time of processes and their descendants, in seconds since they began."""
    ticks = 0
    for pid in set().union(*(family(pid) for pid in pids)):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def busy_seconds() -> float:
    """CPU time of the whole machine, in seconds since it began."""
    user, nice, system, _, _, interrupts, soft, *_ = (
        int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + interrupts + soft) / _TICKS


def forget_peak(pid: int) -> None:
    """Lets the peak of a process's memory begin again at what it is now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mebibytes(pid: int) -> float:
    """The peak of a process's memory (VmHWM)."""
    return _status(pid, "VmHWM")


def mebibytes(pid: int) -> float:
    """A process's memory now (VmRSS)."""
    return _status(pid, "VmRSS")


def _status(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise LookupError(f"/proc/{pid}/status says no {name}")
