"""Configuration files of the components, as the node reads them. JSON where the program takes YAML."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.environments.cluster.processes import CONFIG, CONTAINERD_SOCKET, PKI
from wegennet.environments.cluster.state import CLUSTER_DOMAIN, DNS_ADDRESS, POD_PREFIX, PODS

if TYPE_CHECKING:
    from wegennet.environments.cluster.state import Link

_QUIET_RESOURCES = [
    {"group": "coordination.k8s.io", "resources": ["leases"]},
    {"group": "", "resources": ["events"]},
    {"group": "events.k8s.io", "resources": ["events"]},
]
_OWN_GROUPS = ["system:nodes", "system:serviceaccounts:kube-system", "wegennet:node"]
_OWN_USERS = ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"]
"""The cluster's own components: some have no group of their own, and a rule wants both when it names both."""

_IPV6 = Path("/proc/sys/net/ipv6")
"""A kernel can be without; the plugin fails on a setting that does not exist."""
_POD_IPV6_OFF = "net.ipv6.conf.eth0.disable_ipv6"


def kubelet(link: Link, cgroup: str) -> str:
    """KubeletConfiguration. Images are never collected: what was imported cannot be pulled again."""
    return _text(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": link.node,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{PKI}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": f"{PKI}/kubelet-server.crt",
            "tlsPrivateKeyFile": f"{PKI}/kubelet-server.key",
            "readOnlyPort": 0,
            "healthzBindAddress": "127.0.0.1",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{cgroup}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
            "clusterDomain": CLUSTER_DOMAIN,
            "clusterDNS": [str(DNS_ADDRESS)],
            "resolvConf": f"{CONFIG}/resolv.conf",
            "volumePluginDir": "/var/lib/kubelet/volume-plugins",
            "maxPods": 110,
            "podPidsLimit": 2048,
            "serializeImagePulls": False,
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "containerLogMaxSize": "5Mi",
            "containerLogMaxFiles": 2,
        }
    )


def kube_proxy(link: Link) -> str:
    """KubeProxyConfiguration: nftables; connection tracking keeps the kernel's own limits."""
    return _text(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "bindAddress": link.node,
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
            "hostnameOverride": "real",
            "clusterCIDR": str(PODS),
            "clientConnection": {"kubeconfig": f"{CONFIG}/kube-proxy.kubeconfig"},
            "nodePortAddresses": [f"{link.node}/32"],
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
        }
    )


def containerd(sandbox_image: str) -> str:
    """Configuration of containerd 1.6, version 2.

    `restrict_oom_score_adj`: without CAP_SYS_RESOURCE runc cannot lower a container's score and ends with a message
    that says nothing of it.
    """
    return f"""\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
  address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{sandbox_image}"
  restrict_oom_score_adj = true
  disable_tcp_service = true

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
  BinaryName = "/usr/sbin/runc"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{CONFIG}/cni"
"""


def cni() -> str:
    """The pods' network: a bridge in the node, addresses from the node's share of the pod range.

    IPv6 is off in each pod: policies are enforced for IPv4 alone, and a link-local address would reach all neighbours.
    """
    share = next(PODS.subnets(new_prefix=POD_PREFIX))
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": str(share)}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    ipv4_only = {"type": "tuning", "sysctl": {_POD_IPV6_OFF: "1"}} if _IPV6.is_dir() else None
    plugins = [plugin for plugin in (bridge, ipv4_only, portmap) if plugin]
    return _text({"cniVersion": "0.4.0", "name": "pods", "plugins": plugins})


def audit_policy() -> str:
    """Who did what, never the content: Metadata for all but its own components' heartbeats and reads."""
    system_reads = {
        "level": "None",
        "userGroups": _OWN_GROUPS,
        "verbs": ["get", "list", "watch"],
    }
    return _text(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [
                {"level": "None", "resources": _QUIET_RESOURCES, "userGroups": _OWN_GROUPS},
                {"level": "None", "resources": _QUIET_RESOURCES, "users": _OWN_USERS},
                {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*", "/version", "/openapi*"]},
                system_reads,
                {"level": "Metadata"},
            ],
        }
    )


def encryption() -> str:
    """Encryption of Secrets at rest with a key made here; written once and kept with the data."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    providers = [{"secretbox": {"keys": [{"name": "first", "secret": key}]}}, {"identity": {}}]
    return _text(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [{"resources": ["secrets"], "providers": providers}],
        }
    )


def _text(content: object) -> str:
    return json.dumps(content, indent=1) + "\n"
