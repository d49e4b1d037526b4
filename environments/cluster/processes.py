"""The node's processes: the exact argument list of each, when it may start, and how to see that it is ready.

Pure: everything follows from the addresses and the tools' paths. Paths are as the node sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wegennet.environments.cluster.plan import Probe, Process
from wegennet.environments.cluster.state import (
    API_PORT,
    HEALTH_OF_KUBE_ROUTER,
    NODE_VIEW,
    POD_PREFIX,
    PODS,
    REAL_NODE,
    SERVICES,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wegennet.environments.cluster.state import Link

PKI = f"{NODE_VIEW}/pki"
CONFIG = f"{NODE_VIEW}/config"
ETCD_CLIENT = "http://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CONTAINERD = "/usr/bin/containerd"

_BUSY_CLIENT = ("--kube-api-qps=300", "--kube-api-burst=600")
"""The default of 20 requests a second makes hundreds of namespaces crawl."""


@dataclass(frozen=True)
class Settings:
    """What the processes depend on.

    Attributes:
        link: addresses of the node and the host.
        tool: path of a tool of the toolchain by its name.
        fsync: whether etcd waits for the disk; without it a crash of the machine can lose the cluster's data.
    """

    link: Link
    tool: Callable[[str], Path]
    fsync: bool = True

    @property
    def server(self) -> str:
        """The API server's URL."""
        return server(self.link)


def server(link: Link) -> str:
    """The URL of the API server at the node's end of a link."""
    return f"https://{link.node}:{API_PORT}"


def all_processes(settings: Settings) -> list[Process]:
    """Every process of the node, in the order in which they start."""
    return [
        etcd(settings),
        api_server(settings),
        containerd(),
        controller_manager(settings),
        scheduler(settings),
        kubelet(settings),
        kube_proxy(settings),
        kube_router(settings),
        kwok(settings),
    ]


def etcd(settings: Settings) -> Process:
    """The store; plain HTTP on the node's own loopback, which only the node's processes reach."""
    argv = [
        str(settings.tool("etcd")),
        "--name=real",
        "--data-dir=/run/wegennet/etcd",
        f"--listen-client-urls={ETCD_CLIENT}",
        f"--advertise-client-urls={ETCD_CLIENT}",
        f"--listen-peer-urls={ETCD_PEER}",
        f"--initial-advertise-peer-urls={ETCD_PEER}",
        f"--initial-cluster=real={ETCD_PEER}",
        "--auto-compaction-retention=5m",
        "--quota-backend-bytes=8589934592",
        "--log-level=warn",
    ]
    if not settings.fsync:
        argv.append("--unsafe-no-fsync")
    return Process("etcd", tuple(argv), ready=Probe(url=f"{ETCD_CLIENT}/health"))


def api_server(settings: Settings) -> Process:
    """The API server, on the node's end of the link: nothing but the host and the node reaches it."""
    argv = (
        str(settings.tool("kube-apiserver")),
        f"--etcd-servers={ETCD_CLIENT}",
        f"--bind-address={settings.link.node}",
        f"--advertise-address={settings.link.node}",
        f"--secure-port={API_PORT}",
        f"--service-cluster-ip-range={SERVICES}",
        "--enable-aggregator-routing=true",
        "--allow-privileged=true",
        f"--kubelet-certificate-authority={PKI}/ca.crt",
        f"--kubelet-client-certificate={PKI}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={PKI}/apiserver-kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--audit-log-path=/var/log/audit.log",
        f"--audit-policy-file={CONFIG}/audit-policy.yaml",
        "--audit-log-maxsize=50",
        "--audit-log-maxbackup=4",
        "--audit-log-mode=batch",
        *api_server_security(PKI, CONFIG),
        *API_SERVER_LIMITS,
    )
    probe = Probe(url=f"{settings.server}/readyz", ca=f"{PKI}/ca.crt")
    return Process("kube-apiserver", argv, ready=probe, after=("etcd",))


API_SERVER_LIMITS = (
    "--max-requests-inflight=1200",
    "--max-mutating-requests-inflight=600",
    "--profiling=false",
)
"""Fair queuing orders what waits; the defaults (400, 200) refuse a burst of hundreds of tenants instead."""


def api_server_security(pki: str, config: str) -> tuple[str, ...]:
    """Flags for who may come in, with what, and how secrets are stored; both kinds of API server use them."""
    return (
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--service-account-key-file={pki}/service-accounts.pub",
        f"--service-account-signing-key-file={pki}/service-accounts.key",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--requestheader-client-ca-file={pki}/front-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={pki}/front-proxy-client.crt",
        f"--proxy-client-key-file={pki}/front-proxy-client.key",
        f"--encryption-provider-config={config}/encryption.yaml",
    )


def containerd() -> Process:
    """Debian's containerd, with a root, state and socket of its own."""
    argv = (CONTAINERD, f"--config={CONFIG}/containerd.toml", "--log-level=warn")
    return Process("containerd", argv, ready=Probe(socket=CONTAINERD_SOCKET))


def controller_manager(settings: Settings) -> Process:
    """The controllers of Kubernetes itself, each under its own service account."""
    kubeconfig = f"{CONFIG}/kube-controller-manager.kubeconfig"
    argv = (
        str(settings.tool("kube-controller-manager")),
        *_component(kubeconfig),
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={PKI}/service-accounts.key",
        f"--root-ca-file={PKI}/ca.crt",
        f"--cluster-signing-cert-file={PKI}/ca.crt",
        f"--cluster-signing-key-file={PKI}/ca.key",
        f"--requestheader-client-ca-file={PKI}/front-ca.crt",
        f"--service-cluster-ip-range={SERVICES}",
        f"--cluster-cidr={PODS}",
        f"--node-cidr-mask-size={POD_PREFIX}",
        "--allocate-node-cidrs=true",
        "--concurrent-namespace-syncs=20",
        "--concurrent-gc-syncs=20",
    )
    probe = Probe(url="https://127.0.0.1:10257/healthz")
    return Process("kube-controller-manager", argv, ready=probe, after=("kube-apiserver",))


def scheduler(settings: Settings) -> Process:
    """The scheduler."""
    argv = (str(settings.tool("kube-scheduler")), *_component(f"{CONFIG}/kube-scheduler.kubeconfig"))
    probe = Probe(url="https://127.0.0.1:10259/readyz")
    return Process("kube-scheduler", argv, ready=probe, after=("kube-apiserver",))


def _component(kubeconfig: str) -> tuple[str, ...]:
    return (
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--profiling=false",
        *_BUSY_CLIENT,
    )


def kubelet(settings: Settings) -> Process:
    """The kubelet of the node whose pods are real containers."""
    argv = (
        str(settings.tool("kubelet")),
        f"--config={CONFIG}/kubelet.yaml",
        f"--kubeconfig={CONFIG}/kubelet.kubeconfig",
        f"--hostname-override={REAL_NODE}",
        f"--node-ip={settings.link.node}",
        f"--node-labels=wegennet.commonground.nl/node-pool={REAL_NODE}",
        "--root-dir=/var/lib/kubelet",
        "--cert-dir=/var/lib/kubelet/pki",
    )
    probe = Probe(url="http://127.0.0.1:10248/healthz")
    return Process("kubelet", argv, ready=probe, after=("kube-apiserver", "containerd"))


def kube_proxy(settings: Settings) -> Process:
    """Services, as nftables rules of the node's own network namespace."""
    argv = (str(settings.tool("kube-proxy")), f"--config={CONFIG}/kube-proxy.yaml")
    probe = Probe(url="http://127.0.0.1:10256/livez")
    return Process("kube-proxy", argv, ready=probe, starts_when=_sees_node(settings, "kube-proxy"))


def kube_router(settings: Settings) -> Process:
    """Network policies only; it ends at once when it cannot find its Node, so it waits for that."""
    argv = (
        str(settings.tool("kube-router")),
        f"--kubeconfig={CONFIG}/kube-router.kubeconfig",
        "--run-router=false",
        "--run-firewall=true",
        "--run-service-proxy=false",
        "--run-loadbalancer=false",
        f"--hostname-override={REAL_NODE}",
        f"--service-cluster-ip-range={SERVICES}",
        f"--health-port={HEALTH_OF_KUBE_ROUTER}",
    )
    probe = Probe(url=f"http://127.0.0.1:{HEALTH_OF_KUBE_ROUTER}/healthz")
    return Process("kube-router", argv, ready=probe, starts_when=_sees_node(settings, "kube-router"))


def kwok(settings: Settings) -> Process:
    """Pretends to be the kubelet of the simulated nodes."""
    argv = (
        str(settings.tool("kwok")),
        f"--config={CONFIG}/kwok.yaml",
        f"--kubeconfig={CONFIG}/kwok.kubeconfig",
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-lease-duration-seconds=40",
        "--server-address=127.0.0.1:10247",
    )
    probe = Probe(url="http://127.0.0.1:10247/healthz")
    return Process("kwok", argv, ready=probe, starts_when=_sees_node(settings, "kwok"))


def _sees_node(settings: Settings, user: str) -> Probe:
    """The real node is registered and this user's rights are in place: its own certificate can read the Node."""
    return Probe(
        url=f"{settings.server}/api/v1/nodes/{REAL_NODE}",
        ca=f"{PKI}/ca.crt",
        certificate=f"{PKI}/{user}.crt",
        key=f"{PKI}/{user}.key",
    )
