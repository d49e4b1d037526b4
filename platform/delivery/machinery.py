"""Gets ready what a run of Pulumi needs: tools, a cluster that answers, images, and the stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wegennet import toolchain
from wegennet.console.errors import UserMistake
from wegennet.environments.cluster import Cluster
from wegennet.platform import api, pulumi_settings
from wegennet.platform.program import declare
from wegennet.platform.stack import EnvironmentStack
from wegennet.platform.target import Target
from wegennet.toolchain.tools import TOOLS

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

    from wegennet.console.progress import Reporter
    from wegennet.platform.delivery.request import Request

OPERATOR_IMAGE: Final = "operator"
_PROVIDER: Final = "pulumi:providers:kubernetes"


@dataclass(frozen=True)
class Machinery:
    """All that a command works with."""

    request: Request
    target: Target
    api: ApiClient
    stack: EnvironmentStack


def ready(request: Request, reporter: Reporter, *, image: str | None = None) -> Machinery:
    """Everything for a run on a cluster that is there; `image` is the operator's, when it is known already.

    Raises:
        UserMistake: the cluster does not run, or it is not the one that the state is about.
    """
    tools = toolchain.ensure(pulumi_settings.TOOLS, reporter)
    connection = api.connect(request.access)
    target = resolve(request, connection, image or operator_image(request, reporter))
    stack = EnvironmentStack(request.environment.name, request.records, tools, lambda: declare(target))
    _same_cluster(stack, target, reporter)
    return Machinery(request, target, connection, stack)


def resolve(request: Request, connection: ApiClient, image: str) -> Target:
    """What the program is a function of, on the cluster that answers."""
    return Target(
        environment=request.environment,
        access=request.access,
        identity=api.identity(connection),
        api_servers=api.api_servers(connection),
        operator_image=image,
    )


def start(request: Request, reporter: Reporter) -> str:
    """Builds the tools and starts the embedded cluster, where they are missing; each a stage of its own.

    Returns:
        The reference of the operator's image.
    """
    with reporter.stage("toolchain"):
        toolchain.ensure(TOOLS if request.access.embedded else pulumi_settings.TOOLS, reporter)
    if request.access.embedded:
        with reporter.stage("cluster"):
            Cluster(request.state).up(reporter)
    with reporter.stage("images"):
        return operator_image(request, reporter)


def operator_image(request: Request, reporter: Reporter) -> str:
    """The image that the environment names, or the one that is built for the embedded cluster.

    Raises:
        UserMistake: the cluster is not the embedded one, and the environment names no image.
    """
    image = request.environment.operator.image
    if image:
        return image
    if not request.access.embedded:
        raise UserMistake(
            "operator.image: expected the image of the operator in a registry that the cluster pulls from; found none",
            where=str(request.environment.folder / "environment.yaml"),
            remedy="Build operators/Containerfile, push it, and name it by digest in the environment.",
        )
    return Cluster(request.state).ensure_images(reporter)[OPERATOR_IMAGE]


def _same_cluster(stack: EnvironmentStack, target: Target, reporter: Reporter) -> None:
    """Sees to it that the state is about this cluster: a plan made for another one would be nonsense or worse."""
    known = {resource.inputs.get("clusterIdentifier") for resource in stack.resources() if resource.type == _PROVIDER}
    if not known or known == {target.identity}:
        return
    if target.access.embedded:
        reporter.line("The embedded cluster was made anew; the state of the one before it is dropped.")
        stack.forget()
        return
    raise UserMistake(
        "the state is about another cluster than the one that answers now",
        where=f"context {target.access.context or 'current'}",
        remedy="Choose the right --context, or keep this cluster's state apart with --state PATH.",
    )
