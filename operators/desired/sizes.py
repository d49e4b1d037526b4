"""What each size of municipality may use, and what a container gets that does not ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wegennet.operators.api.municipality import Lifecycle, Limits, MunicipalitySpec, Size
from wegennet.operators.desired.quantities import canonical_bytes, canonical_cpu

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Allowance:
    """What all pods of a municipality together may use: CPU in cores, memory and storage in bytes, as quantities.

    `scratch` is what they may write to the disks of nodes, which they share with other municipalities.
    """

    cpu: str
    memory: str
    pods: int
    storage: str
    scratch: str


ALLOWANCES: Final[Mapping[Size, Allowance]] = {
    Size.SMALL: Allowance(cpu="4", memory="8Gi", pods=30, storage="40Gi", scratch="30Gi"),
    Size.MEDIUM: Allowance(cpu="8", memory="16Gi", pods=60, storage="100Gi", scratch="60Gi"),
    Size.LARGE: Allowance(cpu="16", memory="32Gi", pods=120, storage="250Gi", scratch="120Gi"),
}

CONTAINER_REQUEST: Final = {"cpu": "25m", "memory": "64Mi", "ephemeral-storage": "50Mi"}
CONTAINER_LIMIT: Final = {"cpu": "500m", "memory": "256Mi", "ephemeral-storage": "1Gi"}
"""Request and limit of a container that names none, so that the quota can count it."""


def allowance(spec: MunicipalitySpec) -> Allowance:
    """The allowance of a municipality: its size, with its overrides; no pods unless it is Active."""
    allowed = _overridden(ALLOWANCES[Size(spec.size)], spec.limits)
    return allowed if spec.lifecycle == Lifecycle.ACTIVE else replace(allowed, pods=0)


def _overridden(allowed: Allowance, limits: Limits | None) -> Allowance:
    if limits is None:
        return allowed
    return replace(
        allowed,
        cpu=canonical_cpu(limits.cpu) if limits.cpu else allowed.cpu,
        memory=canonical_bytes(limits.memory) if limits.memory else allowed.memory,
        pods=allowed.pods if limits.pods is None else limits.pods,
        storage=canonical_bytes(limits.storage) if limits.storage else allowed.storage,
    )
