"""The objects of a municipality: its namespace, what it may use, who can reach it, who may work in it.

Everything here is pure. Objects stand in the order in which they are applied: nobody gets access before isolation
stands. Values are written as the API server writes them back (with the defaults inside atomic lists spelled out), so
that what was applied compares equal to what is read.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from wegennet.operators.api import group
from wegennet.operators.api.municipality import Administrator, Lifecycle, MunicipalitySpec
from wegennet.operators.desired import sizes

KubernetesObject: TypeAlias = dict[str, Any]

_ANYTHING: Final[KubernetesObject] = {}
_RBAC: Final = "rbac.authorization.k8s.io"


def namespace_name(spec: MunicipalitySpec) -> str:
    """Namespace of a municipality: its CBS code in lower case, as its name."""
    return spec.code.lower()


def owner_label(name: str) -> str:
    """Value of the label by which the objects of Municipality `name` are watched."""
    return f"Municipality.{name}"


def desired_objects(spec: MunicipalitySpec) -> list[KubernetesObject]:
    """All objects that should exist for a municipality, in the order to apply them; the namespace is the first."""
    objects = [_namespace(spec), _quota(spec), _limit_range(), _default_deny()]
    if spec.lifecycle == Lifecycle.ACTIVE:
        objects.append(_allowed_flows())
    objects.append(_administrators(spec.administrators))
    for desired in objects:
        _own(desired, spec)
    return objects


def _own(desired: KubernetesObject, spec: MunicipalitySpec) -> None:
    metadata = desired["metadata"]
    metadata.setdefault("labels", {}).update(
        {group.LABEL_OWNER: owner_label(namespace_name(spec)), group.LABEL_MUNICIPALITY: namespace_name(spec)}
    )
    if desired["kind"] != "Namespace":
        metadata["namespace"] = namespace_name(spec)


def _namespace(spec: MunicipalitySpec) -> KubernetesObject:
    labels = {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "latest",
        group.LABEL_SIZE: spec.size,
        group.LABEL_RING: str(spec.ring),
        group.LABEL_ZONE: "tenant",
    }
    if spec.placement and spec.placement.node_pool:
        labels[group.LABEL_NODE_POOL] = spec.placement.node_pool
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace_name(spec), "labels": labels}}


def _quota(spec: MunicipalitySpec) -> KubernetesObject:
    allowed = sizes.allowance(spec)
    hard = {
        "requests.cpu": allowed.cpu,
        "limits.cpu": allowed.cpu,
        "requests.memory": allowed.memory,
        "limits.memory": allowed.memory,
        "requests.storage": allowed.storage,
        "limits.ephemeral-storage": allowed.scratch,
        "pods": str(allowed.pods),
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "allowance"}, "spec": {"hard": hard}}


def _limit_range() -> KubernetesObject:
    limit = {"type": "Container", "defaultRequest": sizes.CONTAINER_REQUEST, "default": sizes.CONTAINER_LIMIT}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "defaults"}, "spec": {"limits": [limit]}}


def _network_policy(name: str, flows: str, **spec: Any) -> KubernetesObject:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "annotations": {group.ANNOTATION_FLOWS: flows}},
        "spec": {"podSelector": _ANYTHING, "policyTypes": ["Ingress", "Egress"], **spec},
    }


def _default_deny() -> KubernetesObject:
    return _network_policy("default-deny", "none: what no other policy allows is refused, in both directions")


def _allowed_flows() -> KubernetesObject:
    same_namespace = {"podSelector": _ANYTHING}
    dns = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
    return _network_policy(
        "allowed-flows",
        "same-namespace: the pods of this municipality among themselves; dns: names from the cluster's DNS, port 53",
        ingress=[{"from": [same_namespace]}],
        egress=[{"to": [same_namespace]}, {"to": [dns], "ports": ports}],
    )


def _administrators(administrators: list[Administrator]) -> KubernetesObject:
    subjects = [{"kind": one.kind, "apiGroup": _RBAC, "name": one.name} for one in administrators]
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "administrators"},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": group.ROLE_MUNICIPALITY},
        "subjects": subjects,
    }
