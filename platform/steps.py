"""What Pulumi does or would do, resource by resource, and in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CHANGES: Final = ("create", "update", "delete", "same")
"""What a change is counted as; a replacement is a delete and a create."""

_COUNTED_AS: Final = {
    "create": "create",
    "create-replacement": "create",
    "update": "update",
    "delete": "delete",
    "delete-replaced": "delete",
    "same": "same",
}


@dataclass(frozen=True)
class Step:
    """One operation on one resource.

    Attributes:
        op: Pulumi's word for the operation.
        type: Pulumi's type of the resource, such as `kubernetes:core/v1:Namespace`.
        name: logical name of the resource.
        changed: paths of the properties that differ.
    """

    op: str
    type: str
    name: str
    changed: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What a person calls the resource: its kind in Kubernetes, or that it is Pulumi's own."""
        return self.type.rpartition(":")[2] if self.type.startswith("kubernetes:") else "component"


def counts(changes: Mapping[str, int]) -> dict[str, int]:
    """Pulumi's counts by operation as create, update, delete and same; refreshes and reads change nothing."""
    summed = dict.fromkeys(CHANGES, 0)
    for operation, number in changes.items():
        if operation in _COUNTED_AS:
            summed[_COUNTED_AS[operation]] += number
    return summed


def grouped(steps: Iterable[Step]) -> list[tuple[str, str, list[Step]]]:
    """The changes by kind and operation, in the order of first appearance, members by name."""
    groups: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        counted = _COUNTED_AS.get(step.op)
        if counted and counted != "same":
            groups.setdefault((counted, step.kind), []).append(step)
    return [
        (operation, kind, sorted(members, key=lambda one: one.name)) for (operation, kind), members in groups.items()
    ]


def tally(steps: Iterable[Step]) -> dict[str, int]:
    """The steps counted as create, update, delete and same."""
    return counts(Counter(step.op for step in steps))
