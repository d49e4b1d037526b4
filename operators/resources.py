"""The kinds of objects that the operator reads and writes, and where the API server serves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wegennet.operators.api.group import API_VERSION


@dataclass(frozen=True)
class Resource:
    """A kind and its place in the API."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """Path of one object, or of the collection when `name` is absent."""
        root = "/api/" if "/" not in self.api_version else "/apis/"
        parts = [f"{root}{self.api_version}"]
        if self.namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


MUNICIPALITY: Final = Resource(API_VERSION, "Municipality", "municipalities", namespaced=False)
NAMESPACE: Final = Resource("v1", "Namespace", "namespaces", namespaced=False)
CLAIM: Final = Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
LEASE: Final = Resource("coordination.k8s.io/v1", "Lease", "leases")

OWNED: Final = (
    NAMESPACE,
    Resource("v1", "ResourceQuota", "resourcequotas"),
    Resource("v1", "LimitRange", "limitranges"),
    Resource("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    Resource("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
)
"""Kinds of objects that the operator makes; each is watched for drift."""

_BY_KIND: Final = {resource.kind: resource for resource in OWNED}


def resource_by_kind(kind: str) -> Resource:
    """The resource of a kind that the operator makes."""
    return _BY_KIND[kind]
