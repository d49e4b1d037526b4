"""The CustomResourceDefinitions of the platform's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from wegennet.platform.components.ownership import owned

if TYPE_CHECKING:
    from collections.abc import Sequence


class CustomResourceDefinitions(pulumi.ComponentResource):
    """One resource a definition, protected: with a CRD go all objects of its kind, which means every tenant.

    Args:
        name: logical name of the component.
        definitions: the CRDs as plain objects, see `wegennet.operators.api.crds.definitions`.
        opts: options of the component; the provider comes with them.
    """

    def __init__(
        self, name: str, definitions: Sequence[dict[str, Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("wegennet:platform:CustomResourceDefinitions", name, None, opts)
        self.definitions = [self._definition(definition) for definition in definitions]
        self.register_outputs({})

    def _definition(self, definition: dict[str, Any]) -> CustomResource:
        """A CRD by the untyped class: the typed one would rename the fields of its schema."""
        return CustomResource(
            definition["metadata"]["name"],
            api_version=definition["apiVersion"],
            kind=definition["kind"],
            metadata=owned(definition["metadata"]),
            spec=as_stored(definition["spec"]),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )


def as_stored(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec as the API server keeps it: it leaves out a priority of 0, which would then differ forever."""
    versions = [
        {**version, "additionalPrinterColumns": [_column(column) for column in version["additionalPrinterColumns"]]}
        if "additionalPrinterColumns" in version
        else version
        for version in spec["versions"]
    ]
    return {**spec, "versions": versions}


def _column(column: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in column.items() if (key, value) != ("priority", 0)}
