"""The operator: its namespace and the chart with its deployment, roles and admission policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.helm.v4 import Chart

from wegennet.operators.api.group import SYSTEM_NAMESPACE
from wegennet.platform.components import newer_kinds
from wegennet.platform.components.ownership import own, owned

if TYPE_CHECKING:
    from pathlib import Path


CHART_NAME: Final = "wegennet-operator"
"""Name of the chart, and of the operator's objects in it."""


class Operator(pulumi.ComponentResource):
    """The chart in the platform's own namespace.

    Pulumi does not wait for its pods: municipalities can be declared meanwhile, and whoever asked for the whole waits
    for the operator and the tenants together.

    Args:
        name: logical name of the component.
        chart: folder of the chart.
        values: values of the chart, see its `values.yaml`.
        opts: options of the component; the provider comes with them.
    """

    def __init__(
        self, name: str, *, chart: Path, values: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("wegennet:platform:Operator", name, None, opts)
        newer_kinds.register()
        self.namespace = Namespace(
            SYSTEM_NAMESPACE,
            metadata=owned({"name": SYSTEM_NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.chart = Chart(
            CHART_NAME,
            chart=str(chart),
            namespace=SYSTEM_NAMESPACE,
            values=values,
            skip_await=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.namespace], transforms=[own]),
        )
        self.register_outputs({})
