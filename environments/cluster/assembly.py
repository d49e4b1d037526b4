"""Writes all that the node's processes read into the state folder, and the plan of what to run."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING

from wegennet.console.errors import PlatformFailure
from wegennet.environments.cluster import addons, certificates, configuration, kubeconfig, plan
from wegennet.environments.cluster.certificates import Request
from wegennet.environments.cluster.processes import Settings, all_processes
from wegennet.environments.cluster.state import (
    API_SERVICE_ADDRESS,
    CLUSTER_DOMAIN,
    NODE_VIEW,
    REAL_NODE,
    write_private,
)

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.environments.cluster.plan import Process
    from wegennet.environments.cluster.state import Link, State

_FOLDERS = ("pki", "config", "config/cni", "log", "run", "etcd", "kubelet", "containerd")
_REFERENCE = re.compile(re.escape(str(NODE_VIEW)) + r"/((?:config|pki)/[\w./-]+)")

USERS = {
    "admin": ("wegennet:administrator", "system:masters"),
    "kube-controller-manager": ("system:kube-controller-manager", ""),
    "kube-scheduler": ("system:kube-scheduler", ""),
    "kubelet": (f"system:node:{REAL_NODE}", "system:nodes"),
    "kube-proxy": ("system:kube-proxy", "wegennet:node"),
    "kube-router": ("wegennet:kube-router", "wegennet:node"),
    "kwok": ("wegennet:kwok", "wegennet:node"),
}
"""Clients of the API server with a kubeconfig: user and group by file name."""


def certificate_requests(address: str) -> list[Request]:
    """The certificates that a cluster's components need.

    Args:
        address: the IP address that the API server (and the kubelet) serves on.
    """
    clients = [Request(name, user, (group,) if group else ()) for name, (user, group) in USERS.items()]
    return [
        Request("apiserver", "kube-apiserver", hosts=_api_server_hosts(address)),
        Request("apiserver-kubelet-client", "wegennet:apiserver-kubelet-client"),
        Request("kubelet-server", f"system:node:{REAL_NODE}", ("system:nodes",), hosts=(address, REAL_NODE)),
        Request("front-proxy-client", "front-proxy-client", authority="front-ca"),
        *clients,
    ]


def _api_server_hosts(address: str) -> tuple[str, ...]:
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{CLUSTER_DOMAIN}")
    hosts = ("localhost", *names, "127.0.0.1", str(API_SERVICE_ADDRESS), address)
    return tuple(dict.fromkeys(hosts))


def write_identities(pki: Path, address: str) -> list[str]:
    """Makes or renews all certificates and keys below a folder; names what was made."""
    certificates.ensure_key_pair(pki, "service-accounts")
    return certificates.ensure(pki, certificate_requests(address))


def write(state: State, settings: Settings, sandbox_image: str) -> list[Process]:
    """Brings the state folder up to date.

    Returns:
        The processes to run, each with the digest of all that it reads.
    """
    for name in _FOLDERS:
        (state.root / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    write_identities(state.pki, settings.link.node)
    _write_encryption_key(state)
    for name, text in _files(state, settings.link, sandbox_image).items():
        write_private(state.config / name, text)
    for user in USERS:
        path = state.kubeconfig if user == "admin" else state.config / f"{user}.kubeconfig"
        write_private(path, kubeconfig.render(settings.server, state.pki, user))
    processes = [_with_inputs(state, process) for process in all_processes(settings)]
    write_private(state.run / "plan.json", plan.dump(processes))
    return processes


def _files(state: State, link: Link, sandbox_image: str) -> dict[str, str]:
    return {
        "kubelet.yaml": configuration.kubelet(link, state.cgroup),
        "kube-proxy.yaml": configuration.kube_proxy(link),
        "containerd.toml": configuration.containerd(sandbox_image),
        "cni/10-pods.conflist": configuration.cni(),
        "audit-policy.yaml": configuration.audit_policy(),
        "kwok.yaml": addons.kwok_stages(),
        "resolv.conf": "",
    }


def _write_encryption_key(state: State) -> None:
    path = state.config / "encryption.yaml"
    if path.exists():
        return
    if (state.root / "etcd" / "member").exists():
        raise PlatformFailure(
            "The key that the cluster's Secrets are encrypted with is gone, so its data cannot be read.",
            where=str(path),
            remedy="Put the file back from a backup, or make the cluster anew with `wegennet cluster reset`.",
        )
    write_private(path, configuration.encryption())


def _with_inputs(state: State, process: Process) -> Process:
    digest = hashlib.sha256("\0".join(process.argv).encode())
    for path in sorted(_references(state, " ".join(process.argv))):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return dataclasses.replace(process, inputs=digest.hexdigest()[:16])


def _references(state: State, text: str) -> set[Path]:
    """Files of the state folder that a text names, and those that they name in turn."""
    named = {state.root / match for match in _REFERENCE.findall(text)}
    found = {path for path in named if path.is_file()}
    for path in list(found):
        found |= _references(state, path.read_text())
    return found
