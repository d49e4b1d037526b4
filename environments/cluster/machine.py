"""What the embedded cluster asks of the machine: root, and a kernel with namespaces, overlays and filters."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wegennet.console.errors import UserMistake
from wegennet.environments.cluster.node import HIDDEN

if TYPE_CHECKING:
    from pathlib import Path

_MODULES = ("overlay", "br_netfilter", "veth", "bridge", "nf_tables", "ip_set")


@dataclass(frozen=True)
class _Need:
    """A trial in throw-away namespaces, and the sentence for when it fails."""

    trial: str
    sentence: str


_NEEDS = (
    _Need("true", "The kernel or this container does not allow new network, mount and pid namespaces."),
    _Need("ip link add trial0 type veth peer name trial1", "The kernel has no veth pairs (CONFIG_VETH)."),
    _Need("ip link add trial2 type bridge", "The kernel has no bridges (CONFIG_BRIDGE)."),
    _Need("test -e /proc/sys/net/bridge/bridge-nf-call-iptables", "The kernel has no br_netfilter."),
    _Need("nft add table inet trial", "The kernel has no nftables (CONFIG_NF_TABLES)."),
    _Need("ipset create trial hash:ip", "The kernel has no ipset (CONFIG_IP_SET)."),
    _Need("grep -qw overlay /proc/filesystems", "The kernel has no overlay file system (CONFIG_OVERLAY_FS)."),
)


def require_root() -> None:
    """Raises UserMistake unless the caller may make namespaces, mounts and containers."""
    if platform.system() != "Linux":
        raise UserMistake(
            f"The embedded cluster runs on Linux; this machine says {platform.system()}.",
            remedy="Use a Linux machine, or an existing cluster with --context NAME.",
        )
    if os.geteuid() != 0:
        raise UserMistake(
            "The embedded cluster needs root: it makes namespaces, mounts and containers.",
            remedy="Run the command as root (sudo), or use an existing cluster with --context NAME.",
        )


def problems() -> list[str]:
    """What this machine's kernel lacks, a sentence each; empty when the cluster can run here. Needs root."""
    for module in _MODULES:  # a feature built into the kernel has no module: the trials decide
        subprocess.run(["modprobe", "--quiet", module], check=False, capture_output=True)
    return [need.sentence for need in _NEEDS if not _works(need.trial)]


def require_kernel() -> None:
    """Raises UserMistake with all that the kernel lacks."""
    found = problems()
    if found:
        raise UserMistake(
            "This machine cannot run the embedded cluster.\n" + "\n".join(f"- {sentence}" for sentence in found),
            remedy="Use a kernel that has these, or an existing cluster with --context NAME.",
        )


def require_visible(tool: Path) -> None:
    """Raises UserMistake for a tool that lies where the node has folders of its own."""
    hidden = next((folder for folder in HIDDEN if tool.resolve().is_relative_to(folder)), None)
    if hidden is not None:
        raise UserMistake(
            f"The node cannot see the tools: it has a {hidden} of its own.",
            where=str(tool),
            remedy="Set WEGENNET_CACHE to a folder that lies elsewhere, such as /var/cache/wegennet.",
        )


def _works(trial: str) -> bool:
    namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--propagation", "private"]
    return subprocess.run([*namespaces, "sh", "-c", trial], check=False, capture_output=True).returncode == 0
