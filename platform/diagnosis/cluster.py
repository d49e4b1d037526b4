"""What the platform needs of its cluster, and how it stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from kubernetes import client

from wegennet import toolchain
from wegennet.operators.api.crds import definitions
from wegennet.operators.api.group import SYSTEM_NAMESPACE
from wegennet.platform import api
from wegennet.platform.components.crds import as_stored
from wegennet.platform.components.operator import CHART_NAME
from wegennet.platform.diagnosis.finding import Finding, Turn, look, well
from wegennet.platform.tenants import tenants

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.platform.access import ClusterAccess
    from wegennet.platform.delivery.request import Request

_SKEW: Final = 1
"""Minor versions that kubectl and the API server may be apart (Kubernetes' version skew policy)."""
_NOT_FOUND: Final = 404
_UP: Final = "`wegennet up` puts it right."


def findings(request: Request) -> list[Finding]:
    """What the doctor sees in the cluster; when the API server is silent there is no more to see."""
    reached = look("API server", lambda: reachable(request.access))
    if reached.turn is not Turn.NOBODY:
        return [reached]
    connection = api.connect(request.access)
    checks = [
        ("version skew", lambda: skew(connection)),
        ("CRDs", lambda: crds(connection)),
        ("operator", lambda: operator(connection)),
        ("municipalities", lambda: municipalities(connection, request)),
    ]
    return [reached, *(look(name, check) for name, check in checks)]


def reachable(access: ClusterAccess) -> Finding:
    """The API server answers, from its store."""
    connection = api.connect(access)
    api.identity(connection)
    return well("API server", connection.configuration.host)


def skew(connection: client.ApiClient) -> Finding:
    """The server's version is near that of our kubectl."""
    with api.answering(connection):
        server = client.VersionApi(connection).get_code(_request_timeout=api.TIMEOUT).git_version
    (ours,) = toolchain.status(["kubectl"])
    if abs(_minor(server) - _minor(ours.version)) > _SKEW:
        text = f"the server is {server}, the tools are {ours.version}"
        return Finding("version skew", Turn.USER, text, "Use a cluster of the tools' version, at most one minor apart.")
    return well("version skew", f"server {server}, tools {ours.version}")


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def crds(connection: client.ApiClient) -> Finding:
    """Every CRD is there as this version of the platform declares it."""
    declared = definitions()
    differing = [one["metadata"]["name"] for one in declared if not _is_live(connection, one)]
    if differing:
        return Finding("CRDs", Turn.PLATFORM, f"missing or of another version: {', '.join(differing)}", _UP)
    return well("CRDs", "of this version")


def _is_live(connection: client.ApiClient, definition: dict[str, Any]) -> bool:
    read = client.ApiextensionsV1Api(connection).read_custom_resource_definition
    with api.answering(connection):
        live = _found(
            lambda: read(definition["metadata"]["name"], _preload_content=False, _request_timeout=api.TIMEOUT)
        )
    return live is not None and _covers(orjson.loads(live.data)["spec"], as_stored(definition["spec"]))


def _found(read: Callable[[], Any]) -> Any:
    """What `read` gives, or None when the API server has no such object."""
    try:
        return read()
    except client.ApiException as error:
        if error.status == _NOT_FOUND:
            return None
        raise


def _covers(live: Any, declared: Any) -> bool:
    """Whether all that is declared is there; the server may have added defaults."""
    if isinstance(declared, dict):
        return isinstance(live, dict) and all(key in live and _covers(live[key], declared[key]) for key in declared)
    if isinstance(declared, list):
        return (
            isinstance(live, list)
            and len(live) == len(declared)
            and all(_covers(*pair) for pair in zip(live, declared, strict=True))
        )
    return bool(live == declared)


def operator(connection: client.ApiClient) -> Finding:
    """The operator's Deployment is available."""
    read = client.AppsV1Api(connection).read_namespaced_deployment
    with api.answering(connection):
        deployment = _found(lambda: read(CHART_NAME, SYSTEM_NAMESPACE, _request_timeout=api.TIMEOUT))
    if deployment is None:
        return Finding("operator", Turn.USER, "not installed", "`wegennet up` installs it.")
    wanted, available = deployment.spec.replicas, deployment.status.available_replicas or 0
    if available < wanted:
        command = f"kubectl describe pods --namespace {SYSTEM_NAMESPACE}"
        return Finding("operator", Turn.PLATFORM, f"{available} of {wanted} replicas available", f"`{command}`")
    return well("operator", f"{available} of {wanted} replicas available")


def municipalities(connection: client.ApiClient, request: Request) -> Finding:
    """Every declared municipality is there, and ready unless it is Leaving."""
    declared = request.environment.municipalities
    live = {tenant.id: tenant for tenant in tenants(connection)}
    missing = [one.code for one in declared if one.id not in live]
    if missing:
        return Finding("municipalities", Turn.USER, f"{len(missing)} of {len(declared)} are not there", _UP)
    unready = [one.code for one in declared if one.lifecycle != "Leaving" and not live[one.id].ready]
    if unready:
        text = f"{len(unready)} of {len(declared)} are not ready"
        return Finding("municipalities", Turn.PLATFORM, text, "`wegennet status --not-ready` says why.")
    return well("municipalities", f"{len(declared)} ready")
