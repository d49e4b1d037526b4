"""All that the Pulumi program is a function of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wegennet.environments.model import Environment
    from wegennet.platform.access import ClusterAccess


@dataclass(frozen=True)
class ApiServers:
    """Where the API servers are behind the Service `kubernetes`: what a network policy sees.

    Attributes:
        cidrs: the address of each, as a CIDR, sorted.
        port: the port that they listen on.
    """

    cidrs: tuple[str, ...]
    port: int


@dataclass(frozen=True)
class Target:
    """An environment on a cluster.

    Attributes:
        environment: what is declared.
        access: how the cluster is reached.
        identity: UID of the cluster's namespace `kube-system`; another cluster has another.
        api_servers: what the operator may connect to.
        operator_image: full reference of the operator's image.
    """

    environment: Environment
    access: ClusterAccess
    identity: str
    api_servers: ApiServers
    operator_image: str
