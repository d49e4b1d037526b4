"""The municipalities that the operator has seen, and who holds which OIN."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from wegennet.operators.api.group import ANNOTATION_CONFIRM_DELETION, FINALIZER
from wegennet.operators.api.municipality import Lifecycle, MunicipalitySpec
from wegennet.operators.gone import Gone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


LEFT: Final = "Left"
"""Reason of `Ready` of a municipality that has left."""


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
    confirmed_removal: str
    """UID of the namespace that may go with its data, as confirmed by the delivery organisation; empty when none."""
    spec: MunicipalitySpec
    fault: str
    """What of the spec is not understood; empty when all is."""
    status: Mapping[str, Any]

    @property
    def provisioned(self) -> bool:
        """Whether it was provisioned under the OIN that it asks for."""
        return self.status.get("provisionedOin") == self.spec.oin

    @property
    def left(self) -> bool:
        """Whether it has left: nothing of it is on the platform any more, so its OIN is free."""
        reasons = {one["type"]: one["reason"] for one in self.status.get("conditions", ())}
        return self.spec.lifecycle == Lifecycle.LEAVING and reasons.get("Ready") == LEFT

    @property
    def seniority(self) -> tuple[bool, bool, str, str]:
        """Sorts the rightful holder of an OIN first: provisioned, then being so, then oldest, then by UID."""
        return (not self.provisioned, not self.guarded, self.created, self.uid)


def tenant(municipality: Mapping[str, Any]) -> Tenant:
    """A Tenant from a live Municipality."""
    metadata = municipality["metadata"]
    spec, fault = _understood(municipality["spec"])
    return Tenant(
        name=metadata["name"],
        uid=metadata["uid"],
        version=int(metadata["resourceVersion"]),
        generation=metadata["generation"],
        created=metadata["creationTimestamp"],
        deleting="deletionTimestamp" in metadata,
        guarded=FINALIZER in metadata.get("finalizers", ()),
        confirmed_removal=metadata.get("annotations", {}).get(ANNOTATION_CONFIRM_DELETION, ""),
        spec=spec,
        fault=fault,
        status=municipality.get("status", {}),
    )


def _understood(given: Mapping[str, Any]) -> tuple[MunicipalitySpec, str]:
    """The spec, and what this version of the operator does not understand of it, as a sentence or empty.

    The API server holds a spec to its schema; one that was stored under another version of it may still be different.
    """
    try:
        return MunicipalitySpec.model_validate(given), ""
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        fault = f"spec.{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        name, oin = str(given.get("name", "")), str(given.get("oin", ""))
        return MunicipalitySpec.model_construct(name=name, oin=oin, lifecycle=Lifecycle.ACTIVE), fault


class Tenants:
    """All municipalities by name, and by the OIN that they ask for."""

    def __init__(self) -> None:
        self._gone = Gone()
        self._claims: dict[str, str] = {}
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
        if self._gone.covers(seen.uid, seen.version) or (before and before.version >= seen.version):
            return set()
        affected = self._unlist(before) if before and before.spec.oin != seen.spec.oin else set()
        self._tenants[seen.name] = seen
        self._by_oin[seen.spec.oin].add(seen.name)
        return affected | self._by_oin[seen.spec.oin]

    def forget(self, name: str, uid: str, version: int) -> set[str]:
        """Drops a municipality that was gone at this version; gives the names that asked for the same OIN."""
        self._gone.add(uid, version)
        before = self._tenants.get(name)
        if before is None or before.uid != uid:
            return set()
        del self._tenants[name]
        return self._unlist(before)

    def claim(self, asked: Tenant) -> Tenant:
        """Who holds the OIN that a municipality asks for; itself, from now on, when it is free.

        A claim stands before anything is provisioned, or two that were declared at once could both be.
        """
        oin = asked.spec.oin
        candidates = [self._tenants[name] for name in self._by_oin[oin]]
        rightful = [one for one in candidates if not one.left] or [asked]
        holder = next((one for one in rightful if one.uid == self._claims.get(oin)), None)
        holder = holder or min(rightful, key=lambda one: one.seniority)
        self._claims[oin] = holder.uid
        return holder

    def _unlist(self, before: Tenant) -> set[str]:
        names = self._by_oin[before.spec.oin]
        names.discard(before.name)
        others = set(names)
        if not names:
            del self._by_oin[before.spec.oin]
            self._claims.pop(before.spec.oin, None)
        return others
