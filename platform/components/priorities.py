"""The priority classes: what keeps running when a node is full."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_kubernetes.scheduling.v1 import PriorityClass

from wegennet.platform.components.ownership import owned

PLATFORM: Final = "wegennet-platform"
TENANT: Final = "wegennet-tenant"

_CLASSES: Final = {
    PLATFORM: (1_000_000, "The platform itself: without it no tenant is repaired."),
    TENANT: (1_000, "What runs for a municipality; goes before pods that name no priority."),
}


class PriorityClasses(pulumi.ComponentResource):
    """The platform goes before its tenants, and both before what names no priority (0)."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("wegennet:platform:PriorityClasses", name, None, opts)
        for priority_class, (value, description) in _CLASSES.items():
            PriorityClass(
                priority_class,
                metadata=owned({"name": priority_class}),
                value=value,
                description=description,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
