"""The state folder, and what derives from it: names on the host, addresses of the link between host and node.

Inside the node the folder always appears as `/run/wegennet` (a bind mount), so that no flag depends on where it lies
and no socket's path grows too long (108 bytes, unix(7)).
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NODE_VIEW = Path("/run/wegennet")
"""Where the node's processes see the state folder."""

LINKS = ipaddress.IPv4Network("10.250.0.0/16")
"""Each cluster takes one /30 of this for the link between host and node: 16,384 of them."""

SERVICES = ipaddress.ip_network("10.96.0.0/16")
PODS = ipaddress.ip_network("10.244.0.0/15")
POD_PREFIX = 20
"""Each node's share of `PODS`: 4,094 pods on each of 32 nodes."""

DNS_ADDRESS = SERVICES[10]
API_SERVICE_ADDRESS = SERVICES[1]
CLUSTER_DOMAIN = "cluster.local"
REAL_NODE = "real"
API_PORT = 6443
HEALTH_OF_KUBE_ROUTER = 20244


def default_state() -> Path:
    """The state folder when none is named: $WEGENNET_STATE, or ~/.local/state/wegennet (XDG base directories)."""
    named = os.environ.get("WEGENNET_STATE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "wegennet"


@dataclass(frozen=True)
class Link:
    """The veth pair between host and node, by its number among `LINKS`."""

    number: int

    @property
    def network(self) -> ipaddress.IPv4Network:
        """The /30 that only host and node are in."""
        first = int(LINKS.network_address) + 4 * self.number
        return ipaddress.IPv4Network((first, 30))

    @property
    def node(self) -> str:
        """The node's address; also the API server's."""
        return str(self.network[1])

    @property
    def host(self) -> str:
        """The host's address, as the node sees it."""
        return str(self.network[2])


@dataclass(frozen=True)
class State:
    """One cluster's state folder (absolute, links resolved) and the names that derive from it."""

    root: Path

    @classmethod
    def at(cls, folder: Path) -> State:
        """The state at a folder, which need not exist yet."""
        return cls(folder.expanduser().resolve())

    @cached_property
    def identity(self) -> str:
        """Eight hexadecimal digits that tell this cluster from others on the machine."""
        return hashlib.sha256(os.fsencode(self.root)).hexdigest()[:8]

    @property
    def link_name(self) -> str:
        """The host's end of the veth pair (at most 15 bytes, as the kernel wants)."""
        return f"wn{self.identity}"

    @property
    def cgroup(self) -> str:
        """The cgroup, in every hierarchy, below which all pods run."""
        return f"wegennet-{self.identity}"

    @property
    def preferred_link(self) -> int:
        """The number among `LINKS` that is tried first."""
        return int(self.identity, 16) % (LINKS.num_addresses // 4)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.root / "kubeconfig"

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.root / "pki"

    @property
    def config(self) -> Path:
        """Configuration files and kubeconfigs of the components."""
        return self.root / "config"

    @property
    def log(self) -> Path:
        """One log a process, the API server's audit log, and the containers' logs."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """The supervisor's plan and what it reports."""
        return self.root / "run"

    @property
    def lock(self) -> Path:
        """Held while a command changes the cluster."""
        return self.root / "lock"

    def link(self) -> Link | None:
        """The link that this cluster took at its first start, if it was ever started."""
        try:
            return Link(int(json.loads((self.root / "link.json").read_text())["number"]))
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def remember(self, link: Link) -> None:
        """Keeps the link for good: certificates and the cluster's own objects name its addresses."""
        write_private(self.root / "link.json", json.dumps({"number": link.number, "node": link.node}) + "\n")

    def fsync(self, *, wished: bool) -> bool:
        """Whether etcd waits for the disk: as was wished at the first start, and so kept for good."""
        path = self.root / "etcd.json"
        try:
            return bool(json.loads(path.read_text())["fsync"])
        except (FileNotFoundError, ValueError, KeyError):
            write_private(path, json.dumps({"fsync": wished}) + "\n")
            return wished


def write_private(path: Path, content: str | bytes) -> bool:
    """Writes a file that only its owner reads, whole or not at all; says whether its content changed."""
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    return True
