"""Pid 1 of the node: `python -m wegennet.environments.cluster.node <state folder> <node address> <digest of the code>`.

It is started in network, mount and pid namespaces of its own, waits on standard input until the host has laid the
link, makes the node's file systems and addresses, and then supervises the node's processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from wegennet.environments.cluster.child import ENVIRONMENT
from wegennet.environments.cluster.state import HEALTH_OF_KUBE_ROUTER, NODE_VIEW, SERVICES
from wegennet.environments.cluster.supervisor import Supervisor, block_signals

LINK = "node0"
"""The node's end of the veth pair."""

HIDDEN = (Path("/run"), Path("/var/lib"), Path("/var/log"))
"""Folders of the host that the node has its own instead of; see `make_file_systems`."""

_SYSCTL = {
    "net/ipv4/ip_forward": "1",
    # In this namespace, or bridged traffic between pods escapes the policies.
    "net/bridge/bridge-nf-call-iptables": "1",
    "net/bridge/bridge-nf-call-ip6tables": "1",
}
_KUBELETS_SYSCTL = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""Settings of the whole machine that a kubelet sets when they differ (its `setupKernelTunables`)."""

_IPV6_OFF = Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")

_FENCE = f"""
table inet wegennet {{
    chain input {{
        type filter hook input priority filter - 10; policy accept;
        iifname != "lo" tcp dport {HEALTH_OF_KUBE_ROUTER} drop
    }}
    chain forward {{
        type filter hook forward priority filter - 10; policy accept;
        meta nfproto ipv6 drop
        iifname "cni0" oifname "{LINK}" ct state != {{ established, related }} drop
    }}
}}
"""
"""What no policy may allow: IPv6, which the policies know nothing of, and connections from pods to the host.

kube-router serves its health on every address and cannot be told otherwise; only the supervisor asks for it.

A table of its own, before the one of the policies: what they accept would never come to a rule behind theirs.
"""


def main() -> None:
    """Makes the node and runs it until it is told to end."""
    state, address = Path(sys.argv[1]), sys.argv[2]
    block_signals()
    if sys.stdin.readline() != "linked\n":
        sys.exit("The command that started the node ended before it had laid the link.")
    make_file_systems(state)
    make_network(address)
    Supervisor(NODE_VIEW / "run/plan.json", NODE_VIEW / "run/processes.json", NODE_VIEW / "log").run()


def make_file_systems(state: Path) -> None:
    """Hides the host's /run, /var/lib and /var/log behind the node's own, which end with its mount namespace."""
    folder = os.open(state, os.O_PATH | os.O_DIRECTORY)
    _run("mount", "--make-rshared", "/")
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    NODE_VIEW.mkdir()
    # By its descriptor, since the folder itself may lie below one of the hidden ones.
    _run("mount", "--bind", f"/proc/{os.getpid()}/fd/{folder}", str(NODE_VIEW), pass_fds=(folder,))
    os.close(folder)
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/var/lib")
    for name in ("kubelet", "containerd"):
        _bind(NODE_VIEW / name, Path("/var/lib") / name)
    _run("mount", "--bind", str(NODE_VIEW / "log"), "/var/log")
    _shield_settings()


def make_network(address: str) -> None:
    """Gives the link its address. There is no default route: pods cannot leave the machine."""
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "address", "add", f"{address}/30", "dev", LINK)
    _run("ip", "link", "set", LINK, "up")
    # Without a route the node's own processes cannot reach services: their rules apply after the choice of a route.
    _run("ip", "route", "add", str(SERVICES), "dev", LINK, "src", address)
    for key, value in _SYSCTL.items():
        (Path("/proc/sys") / key).write_text(value)
    if _IPV6_OFF.exists():  # a kernel can be without
        _IPV6_OFF.write_text("1")
    _run("nft", "-f", "-", given=_FENCE)


def _shield_settings() -> None:
    """Lays files over the machine's settings that the kubelet would change, with the values that it wants to find."""
    for key, value in _KUBELETS_SYSCTL.items():
        file = Path("/run/sysctl") / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{value}\n")
        _run("mount", "--bind", str(file), f"/proc/sys/{key}")


def _bind(source: Path, target: Path) -> None:
    source.mkdir(exist_ok=True)
    target.mkdir()
    _run("mount", "--bind", str(source), str(target))


def _run(*command: str, given: str = "", pass_fds: tuple[int, ...] = ()) -> None:
    subprocess.run(command, check=True, env=ENVIRONMENT, input=given, text=True, pass_fds=pass_fds)


if __name__ == "__main__":
    main()
