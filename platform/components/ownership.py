"""Under which name Pulumi applies objects: one fixed field manager, instead of a random one for each resource.

A run that was killed may have made objects that its state does not know. The next run then applies them again, and
under the same name the API server sees no conflict (server-side apply, "Conflicts").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pulumi

FIELD_MANAGER: Final = "wegennet-delivery"

ANNOTATIONS: Final = {"pulumi.com/patchFieldManager": FIELD_MANAGER}
"""How the provider is told, on an object's metadata."""


def owned(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of an object that Pulumi applies under the fixed name."""
    return {**metadata, "annotations": {**metadata.get("annotations", {}), **ANNOTATIONS}}


def own(arguments: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """A transform that does the same to resources that are made elsewhere, such as those of a chart."""
    metadata = arguments.props.get("metadata")
    if not isinstance(metadata, Mapping):
        return None
    return pulumi.ResourceTransformResult({**arguments.props, "metadata": owned(metadata)}, arguments.opts)
