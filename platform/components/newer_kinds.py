"""Kinds that Kubernetes 1.36 has and pulumi-kubernetes 4.25 does not know, so that a chart may hold them.

The provider applies any kind; it is the Python package that stops at a reference to one within a group that it knows
("unknown resource type"). MutatingAdmissionPolicy of `admissionregistration.k8s.io/v1` is such a kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_kubernetes  # noqa: F401 - registers the package's own modules, which stand below ours
from pulumi.runtime import ResourceModule, register_resource_module
from pulumi.runtime.rpc import get_resource_module

if TYPE_CHECKING:
    from semver import VersionInfo

_PACKAGE: Final = "kubernetes"
_GROUP: Final = "admissionregistration.k8s.io/v1"
_KINDS: Final = frozenset(
    f"{_PACKAGE}:{_GROUP}:{kind}" for kind in ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding")
)


class NewerKinds(ResourceModule):
    """The package's own module of the group, with the newer kinds as untyped resources.

    Args:
        known: the package's own module.
    """

    def __init__(self, known: ResourceModule) -> None:
        self._known = known

    def version(self) -> VersionInfo | None:
        """A patch above the package's: the SDK takes the newest module of a group."""
        version = self._known.version()
        return version.bump_patch() if version else None

    def construct(self, name: str, typ: str, urn: str) -> pulumi.Resource:
        """The resource that a reference stands for."""
        if typ in _KINDS:
            return pulumi.CustomResource(typ, name, None, pulumi.ResourceOptions(urn=urn))
        return self._known.construct(name, typ, urn)


def register() -> None:
    """Makes the newer kinds known to the SDK; once for each process."""
    known = get_resource_module(_PACKAGE, _GROUP, "")
    if known and not isinstance(known, NewerKinds):
        register_resource_module(_PACKAGE, _GROUP, NewerKinds(known))
