"""Which cluster a command works on, and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from wegennet.environments.cluster import Cluster

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.environments.model import Environment


@dataclass(frozen=True)
class ClusterAccess:
    """A context of a kubeconfig; what is None is found by kubectl's own rules."""

    kubeconfig: Path | None
    context: str | None
    embedded: bool


def access(environment: Environment, state: Path, context: str | None = None) -> ClusterAccess:
    """The cluster of `environment`, or the existing one that `context` names."""
    if context:
        return ClusterAccess(None, context, embedded=False)
    if environment.cluster == "embedded":
        return ClusterAccess(Cluster(state).kubeconfig, None, embedded=True)
    return ClusterAccess(environment.cluster.kubeconfig, environment.cluster.context, embedded=False)


def records(state: Path, context: str | None = None) -> Path:
    """Where Pulumi's state of a cluster is kept: a context given by hand has a folder of its own."""
    return state / f"context-{quote(context, safe='')}" if context else state
