"""The municipalities that the operator has seen, and who holds which OIN."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wegennet.operators.api.group import ANNOTATION_CONFIRM_DELETION, FINALIZER
from wegennet.operators.api.municipality import MunicipalitySpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Tenant:
    """A Municipality as last seen."""

    name: str
    uid: str
    version: int
    generation: int
    created: str
    deleting: bool
    guarded: bool
    """Whether our finalizer keeps it."""
    removal_confirmed: bool
    """Whether the delivery organisation confirmed that what it holds may go."""
    spec: MunicipalitySpec
    status: Mapping[str, Any]

    @property
    def provisioned(self) -> bool:
        """Whether it was provisioned under the OIN that it asks for."""
        return self.status.get("provisionedOin") == self.spec.oin

    @property
    def seniority(self) -> tuple[bool, str, str]:
        """Sorts the rightful holder of an OIN first: provisioned, then oldest, then by UID."""
        return (not self.provisioned, self.created, self.uid)


def tenant(municipality: Mapping[str, Any]) -> Tenant:
    """A Tenant from a live Municipality.

    Raises:
        pydantic.ValidationError: the spec is not one that this version of the API knows.
    """
    metadata = municipality["metadata"]
    return Tenant(
        name=metadata["name"],
        uid=metadata["uid"],
        version=int(metadata["resourceVersion"]),
        generation=metadata["generation"],
        created=metadata["creationTimestamp"],
        deleting="deletionTimestamp" in metadata,
        guarded=FINALIZER in metadata.get("finalizers", ()),
        removal_confirmed=metadata.get("annotations", {}).get(ANNOTATION_CONFIRM_DELETION) == metadata["name"],
        spec=MunicipalitySpec.model_validate(municipality["spec"]),
        status=municipality.get("status", {}),
    )


class Tenants:
    """All municipalities by name, and by the OIN that they ask for."""

    def __init__(self) -> None:
        self._tenants: dict[str, Tenant] = {}
        self._by_oin: defaultdict[str, set[str]] = defaultdict(set)

    def __iter__(self) -> Iterator[Tenant]:
        return iter(list(self._tenants.values()))

    def __len__(self) -> int:
        return len(self._tenants)

    def get(self, name: str) -> Tenant | None:
        """The municipality of this name, if there is one."""
        return self._tenants.get(name)

    def observe(self, seen: Tenant) -> set[str]:
        """Takes in a municipality; gives the names that have to be looked at again, none when it is old news."""
        before = self._tenants.get(seen.name)
        if before and before.version >= seen.version:
            return set()
        affected = self._unlist(before) if before else set()
        self._tenants[seen.name] = seen
        self._by_oin[seen.spec.oin].add(seen.name)
        return affected | self._by_oin[seen.spec.oin]

    def forget(self, name: str, uid: str) -> set[str]:
        """Drops a municipality that is gone; gives the names that asked for the same OIN."""
        before = self._tenants.get(name)
        if before is None or before.uid != uid:
            return set()
        del self._tenants[name]
        return self._unlist(before)

    def holder(self, oin: str) -> Tenant:
        """Who rightfully holds an OIN that at least one municipality asks for."""
        return min((self._tenants[name] for name in self._by_oin[oin]), key=lambda one: one.seniority)

    def _unlist(self, before: Tenant) -> set[str]:
        names = self._by_oin[before.spec.oin]
        names.discard(before.name)
        others = set(names)
        if not names:
            del self._by_oin[before.spec.oin]
        return others
