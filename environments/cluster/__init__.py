"""The embedded cluster: a real single-node Kubernetes in namespaces of its own, with simulated nodes beside it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wegennet.environments.cluster.cluster import Cluster as Cluster
    from wegennet.environments.cluster.control_plane import ControlPlane as ControlPlane
    from wegennet.environments.cluster.state import default_state as default_state

__all__ = ["Cluster", "ControlPlane", "default_state"]

_HOMES = {"Cluster": "cluster", "ControlPlane": "control_plane", "default_state": "state"}


def __getattr__(name: str) -> object:
    """Imports a public name at its first use: the node's supervisor lives in this package and has to stay small."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
