"""What the operator knows of the objects that it owns: for each a UID, a version and a digest, not the object.

Fed by watch events and by the answers to our own writes; the newer of the two stands. Resource versions are compared as
integers (Kubernetes API concepts, "Resource versions": comparable since 1.35).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from wegennet.operators.api.group import LABEL_OWNER
from wegennet.operators.gone import Gone
from wegennet.operators.owned import owned_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class ObjectKey(NamedTuple):
    """Address of an object; `namespace` is empty for a cluster-scoped one."""

    kind: str
    namespace: str
    name: str


def key_of(obj: Mapping[str, Any]) -> ObjectKey:
    """The address of an object."""
    metadata = obj["metadata"]
    return ObjectKey(obj["kind"], metadata.get("namespace", ""), metadata["name"])


@dataclass(frozen=True, slots=True)
class Observed:
    """What is kept of a live object."""

    uid: str
    version: int
    owner: str
    digest: bytes
    terminating: bool

    def differs_from(self, other: Observed | None) -> bool:
        """Whether anything that a reconcile looks at is different."""
        mine = (self.uid, self.owner, self.digest, self.terminating)
        return other is None or mine != (other.uid, other.owner, other.digest, other.terminating)


class Cache:
    """The inventory: every live object with our owner label and fields that we applied, by address and by owner.

    A label alone makes nothing ours: anybody can set it in a namespace that is no tenant's.
    """

    def __init__(self) -> None:
        self._gone = Gone()
        self._objects: dict[ObjectKey, Observed] = {}
        self._by_owner: defaultdict[str, set[ObjectKey]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, key: ObjectKey) -> Observed | None:
        """What is known of the object at `key`; None when it is not in the inventory."""
        return self._objects.get(key)

    def owned_by(self, owner: str) -> Iterator[tuple[ObjectKey, Observed]]:
        """All objects of one owner."""
        for key in list(self._by_owner.get(owner, ())):
            yield key, self._objects[key]

    def items(self) -> list[tuple[ObjectKey, Observed]]:
        """All objects, as they are now."""
        return list(self._objects.items())

    def observe(self, obj: Mapping[str, Any]) -> set[str]:
        """Takes in a live object; gives the owners for whom something changed."""
        key, metadata = key_of(obj), obj["metadata"]
        version = int(metadata["resourceVersion"])
        before = self._objects.get(key)
        if self._gone.covers(metadata["uid"], version) or (before and before.version >= version):
            return set()
        if (digest := owned_digest(obj)) is None:
            return self._drop(key)
        seen = Observed(
            uid=metadata["uid"],
            version=version,
            owner=metadata.get("labels", {}).get(LABEL_OWNER, ""),
            digest=digest,
            terminating="deletionTimestamp" in metadata,
        )
        self._put(key, seen, before)
        return {seen.owner, *({before.owner} if before else ())} if seen.differs_from(before) else set()

    def forget(self, key: ObjectKey, uid: str, version: int) -> set[str]:
        """Drops the object that was gone at this version, if it is still the one that is known; gives its owner."""
        self._gone.add(uid, version)
        before = self._objects.get(key)
        return self._drop(key) if before and before.uid == uid else set()

    def _drop(self, key: ObjectKey) -> set[str]:
        before = self._objects.pop(key, None)
        if before is None:
            return set()
        self._by_owner[before.owner].discard(key)
        if not self._by_owner[before.owner]:
            del self._by_owner[before.owner]
        return {before.owner}

    def _put(self, key: ObjectKey, seen: Observed, before: Observed | None) -> None:
        if before and before.owner != seen.owner:
            self._by_owner[before.owner].discard(key)
        self._objects[key] = seen
        self._by_owner[seen.owner].add(key)
