"""The municipalities: one custom resource each, from what the environment declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from wegennet.operators.api.group import API_VERSION
from wegennet.platform.components.ownership import owned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.environments.model import Municipality

KIND: Final = "Municipality"

TYPE: Final = f"kubernetes:{API_VERSION}:{KIND}"
"""Pulumi's type of the resources that are tenants."""

DELETE_TIMEOUT: Final = "20s"
"""How long a delete waits for the operator. Held tenants stay longer; the command then says what holds them."""


class Municipalities(pulumi.ComponentResource):
    """All tenants, protected: taking a row from a list must not remove a municipality.

    Args:
        name: logical name of the component.
        declared: the tenants of the environment.
        after: what they need: their kind, and the roles and admission policies of the chart.
        opts: options of the component; the provider comes with them.
    """

    def __init__(
        self,
        name: str,
        declared: Sequence[Municipality],
        *,
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("wegennet:platform:Municipalities", name, None, opts)
        for municipality in declared:
            CustomResource(
                municipality.id,
                api_version=API_VERSION,
                kind=KIND,
                metadata=owned({"name": municipality.id}),
                spec=spec(municipality),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    protect=True,
                    depends_on=list(after),
                    custom_timeouts=pulumi.CustomTimeouts(delete=DELETE_TIMEOUT),
                ),
            )
        self.register_outputs({})


def spec(municipality: Municipality) -> dict[str, Any]:
    """The spec of the custom resource; what is not declared is left out."""
    limits = municipality.limits.model_dump(exclude_none=True)
    node_pool = municipality.node_pool
    return {
        **municipality.model_dump(include={"code", "name", "oin", "size", "ring", "lifecycle"}),
        "administrators": [administrator.model_dump() for administrator in municipality.administrators],
        "contacts": [contact.model_dump() for contact in municipality.contacts],
        **({"limits": limits} if limits else {}),
        **({"placement": {"nodePool": node_pool}} if node_pool else {}),
    }
