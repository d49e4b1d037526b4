"""The Pulumi program: what an environment is in a cluster. Runs the same from `wegennet up` and from `pulumi up`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_kubernetes import Provider

from wegennet.operators.api.crds import definitions
from wegennet.platform.checkout import CHART
from wegennet.platform.components.crds import CustomResourceDefinitions
from wegennet.platform.components.municipalities import Municipalities
from wegennet.platform.components.operator import Operator
from wegennet.platform.components.priorities import PLATFORM, PriorityClasses

if TYPE_CHECKING:
    from wegennet.platform.target import Target


def declare(target: Target) -> None:
    """Declares every resource of `target`; call it within a running Pulumi program."""
    with_provider = pulumi.ResourceOptions(provider=_provider(target))
    definitions_ = CustomResourceDefinitions("crds", definitions(), with_provider)
    priorities = PriorityClasses("priority-classes", with_provider)
    operator = Operator(
        "operator",
        chart=CHART,
        values=chart_values(target),
        opts=pulumi.ResourceOptions.merge(with_provider, pulumi.ResourceOptions(depends_on=[definitions_, priorities])),
    )
    Municipalities(
        "municipalities",
        target.environment.municipalities,
        after=[*definitions_.definitions, operator.chart],
        opts=with_provider,
    )
    pulumi.export("domain", target.environment.domain)
    pulumi.export("municipalities", len(target.environment.municipalities))


def chart_values(target: Target) -> dict[str, Any]:
    """Values of the operator's chart for `target`."""
    return {
        "image": target.operator_image,
        "replicas": target.environment.operator.replicas,
        "priorityClassName": PLATFORM,
        "subjects": target.environment.subjects.model_dump(mode="json"),
        "apiServer": {"cidrs": list(target.api_servers.cidrs), "port": target.api_servers.port},
    }


def _provider(target: Target) -> Provider:
    """The cluster by its identity: a moved kubeconfig changes nothing, another cluster is noticed."""
    kubeconfig = target.access.kubeconfig
    return Provider(
        "cluster",
        kubeconfig=str(kubeconfig) if kubeconfig else None,
        context=target.access.context,
        cluster_identifier=target.identity,
        enable_server_side_apply=True,
        kube_client_settings={"qps": 400, "burst": 800},
    )
