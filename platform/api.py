"""Talks to the cluster with the official client, and says in a sentence when the cluster does not answer."""

from __future__ import annotations

from contextlib import contextmanager
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from kubernetes import client, config
from urllib3.exceptions import HTTPError

from wegennet.console.errors import PlatformFailure, UserMistake, WegennetError
from wegennet.platform.target import ApiServers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.platform.access import ClusterAccess

TIMEOUT: Final = (3.0, 20.0)
"""Seconds to connect and to wait for an answer."""

_REFUSED: Final = (401, 403)


def connect(access: ClusterAccess) -> client.ApiClient:
    """A client for the cluster; nothing is sent yet.

    Raises:
        UserMistake: there is no such kubeconfig or context, or the embedded cluster was never started.
    """
    if access.embedded and access.kubeconfig and not access.kubeconfig.exists():
        raise UserMistake(
            "the embedded cluster does not run",
            where=str(access.kubeconfig),
            remedy="Start it with `wegennet cluster up`, or start everything with `wegennet up`.",
        )
    configuration = client.Configuration()
    configuration.retries = 0
    file = str(access.kubeconfig) if access.kubeconfig else None
    try:
        config.load_kube_config(file, access.context, configuration)  # type: ignore[no-untyped-call]  # typed in part
    except config.ConfigException as error:
        raise UserMistake(
            f"there is no usable context {access.context or ''!r}: {error}",
            where=str(access.kubeconfig or "kubeconfig"),
            remedy="`kubectl config get-contexts` lists the contexts; choose one with --context NAME.",
        ) from error
    return client.ApiClient(configuration)


@contextmanager
def answering(api: client.ApiClient) -> Iterator[None]:
    """Turns a refusal or silence of the API server within the block into an error for a person."""
    try:
        yield
    except client.ApiException as error:
        raise _refusal(api, error) from error
    except HTTPError as error:
        raise PlatformFailure(
            f"the API server does not answer ({type(error).__name__})",
            where=api.configuration.host,
            remedy="`wegennet doctor` looks for the cause; `wegennet cluster up` repairs the embedded cluster.",
        ) from error


def _refusal(api: client.ApiClient, error: client.ApiException) -> WegennetError:
    if error.status in _REFUSED:
        return UserMistake(
            f"the API server does not allow this ({error.status} {error.reason})",
            where=api.configuration.host,
            remedy="Use a kubeconfig or --context with the rights of the delivery organisation.",
        )
    return PlatformFailure(
        f"the API server failed to answer ({error.status} {error.reason})",
        where=api.configuration.host,
        remedy="`wegennet doctor` looks for the cause.",
    )


def identity(api: client.ApiClient) -> str:
    """The UID of `kube-system`: as long as the cluster lives it stays, and no other cluster has it."""
    with answering(api):
        namespace = client.CoreV1Api(api).read_namespace("kube-system", _request_timeout=TIMEOUT)
    if namespace.metadata is None or namespace.metadata.uid is None:
        raise PlatformFailure("the namespace kube-system has no UID", where=api.configuration.host)
    return namespace.metadata.uid


def api_servers(api: client.ApiClient) -> ApiServers:
    """The addresses behind the Service `kubernetes`.

    Raises:
        PlatformFailure: the API server has not announced itself; it does so within seconds of its start.
    """
    with answering(api):
        slices = client.DiscoveryV1Api(api).list_namespaced_endpoint_slice(
            "default", label_selector="kubernetes.io/service-name=kubernetes", _request_timeout=TIMEOUT
        )
    addresses = {
        address for found in slices.items for endpoint in found.endpoints or () for address in endpoint.addresses
    }
    ports = {port.port for found in slices.items for port in found.ports or () if port.port}
    if not addresses or len(ports) != 1:
        raise PlatformFailure(
            f"expected the API server's addresses and one port; found {len(addresses)} and {len(ports)}",
            where="endpointslices of default/kubernetes",
            remedy="An API server announces itself within seconds of its start: run this again.",
        )
    return ApiServers(tuple(sorted(str(ip_network(address)) for address in addresses)), ports.pop())
