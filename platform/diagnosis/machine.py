"""What the embedded cluster and the tools need of this machine."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from wegennet import toolchain
from wegennet.environments.cluster import Cluster, machine, packages
from wegennet.platform.diagnosis.finding import Finding, Turn, look, well

if TYPE_CHECKING:
    from pathlib import Path

_DISK: Final = 10 * 2**30
_MEMORY: Final = 4 * 2**30
"""Bytes free on disk for the tools' build, and of memory for a cluster with all municipalities."""


def findings(state: Path, *, embedded: bool) -> list[Finding]:
    """What the doctor sees on this machine; without the embedded cluster only the tools for Pulumi count."""
    checks = [("memory", memory), ("disk", lambda: disk(state)), ("tools", tools)]
    if embedded:
        checks += [
            ("root", root),
            ("Debian packages", debian),
            ("kernel", kernel),
            ("cluster processes", lambda: processes(state)),
        ]
    return [look(name, check) for name, check in checks]


def memory() -> Finding:
    """Enough memory for the cluster and its tenants."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if total < _MEMORY:
        return Finding("memory", Turn.USER, f"{total / 2**30:.1f} GiB", "Use a machine with at least 4 GiB.")
    return well("memory", f"{total / 2**30:.1f} GiB")


def disk(state: Path) -> Finding:
    """Enough room where the state goes."""
    place = next(folder for folder in (state, *state.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < _DISK:
        return Finding("disk", Turn.USER, f"{free / 2**30:.1f} GiB free in {place}", "Make room for at least 10 GiB.")
    return well("disk", f"{free / 2**30:.1f} GiB free")


def tools() -> Finding:
    """Every native tool at its pinned version; the build of a missing one needs Go, which it fetches by itself."""
    found = toolchain.status()
    missing = [tool.name for tool in found if tool.source == "missing"]
    if missing:
        names = ", ".join(missing)
        return Finding("tools", Turn.USER, f"not built yet: {names}", "`wegennet toolchain` builds them.")
    return well("tools", f"{len(found)} at their pinned versions")


def root() -> Finding:
    """The rights to make namespaces, mounts and containers."""
    machine.require_root()
    return well("root", "yes")


def debian() -> Finding:
    """The Debian packages that the node's programs call."""
    missing = packages.missing()
    if missing:
        command = f"apt-get install {' '.join(missing)}"
        return Finding("Debian packages", Turn.USER, f"missing: {', '.join(missing)}", f"`{command}`, or `wegennet up`")
    return well("Debian packages", "all installed")


def kernel() -> Finding:
    """Namespaces, bridges, packet filters and overlays; tried out, which needs root."""
    if os.geteuid() != 0:
        return Finding("kernel", Turn.USER, "can be tried by root only", "Run `wegennet doctor` as root.")
    lacks = machine.problems()
    if lacks:
        return Finding("kernel", Turn.USER, " ".join(lacks), "Use a kernel that has these, or --context NAME.")
    return well("kernel", "has what containers and network policies need")


def processes(state: Path) -> Finding:
    """The processes of the embedded cluster."""
    found = Cluster(state).status()
    unready = [f"{part.name} {part.state}" for part in found if part.state != "ready"]
    if not unready:
        return well("cluster processes", f"{len(found)} ready")
    if all(part.state == "stopped" for part in found):
        return Finding("cluster processes", Turn.USER, "the embedded cluster does not run", "Start it: `wegennet up`.")
    return Finding("cluster processes", Turn.PLATFORM, ", ".join(unready), "`wegennet cluster up` repairs what died.")
