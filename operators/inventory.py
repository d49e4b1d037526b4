"""Applies desired objects: what differs is written, what is somebody else's is left alone, what is not wanted goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wegennet.operators.cache import Cache, ObjectKey, key_of
from wegennet.operators.client import ApiError, Client
from wegennet.operators.owned import applied_fields, desired_digest, managers
from wegennet.operators.resources import resource_by_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wegennet.operators.resources import Resource


class ForeignObjectError(Exception):
    """An object of somebody else stands where one of ours should be; it was not touched."""

    def __init__(self, key: ObjectKey, owners: list[str]) -> None:
        place = f"{key.kind} {key.namespace}/{key.name}" if key.namespace else f"{key.kind} {key.name}"
        writers = ", ".join(owners) or "somebody unknown"
        super().__init__(f"{place} exists already and was made by {writers}")


@dataclass
class Outcome:
    """What became of a set of desired objects."""

    conflicts: list[str] = field(default_factory=list)
    """Objects of somebody else, as sentences."""
    failures: list[str] = field(default_factory=list)
    """Refusals and errors of the API server, as sentences."""

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(self.conflicts + other.conflicts, self.failures + other.failures)

    @property
    def ok(self) -> bool:
        """Whether every object stands as desired."""
        return not self.conflicts and not self.failures


class Inventory:
    """Brings the objects of an owner to their desired state, on what the cache knows."""

    def __init__(self, client: Client, cache: Cache) -> None:
        self._client = client
        self._cache = cache

    async def ensure(self, desired: Mapping[str, Any], *, certainly_new: bool = False) -> bool:
        """Brings one object to its desired state; gives whether it was created.

        Args:
            desired: the object, with our owner label.
            certainly_new: nobody can have made this object, since we just made its namespace.

        Raises:
            ForeignObjectError: the object is somebody else's.
            ApiError: the API server refused or failed.
        """
        known = self._cache.get(key_of(desired))
        if known and known.digest == desired_digest(desired):
            return False
        uid = known.uid if known else None
        if known is None and not certainly_new:
            uid = await self._own_uid(desired)
        return await self._apply(desired, uid)

    async def ensure_one(self, desired: Mapping[str, Any], *, certainly_new: bool = False) -> tuple[bool, Outcome]:
        """Like `ensure`, with the errors as an outcome beside whether the object was created."""
        try:
            return await self.ensure(desired, certainly_new=certainly_new), Outcome()
        except ForeignObjectError as error:
            return False, Outcome(conflicts=[str(error)])
        except ApiError as error:
            return False, Outcome(failures=[f"{desired['kind']} {desired['metadata']['name']}: {error}"])

    async def ensure_all(self, desired: Iterable[Mapping[str, Any]], *, certainly_new: bool) -> Outcome:
        """Brings objects to their desired state in their order; one that fails does not keep the others back."""
        outcome = Outcome()
        for obj in desired:
            outcome += (await self.ensure_one(obj, certainly_new=certainly_new))[1]
        return outcome

    async def prune(self, owner: str, namespace: str, keep: set[ObjectKey]) -> Outcome:
        """Deletes what the owner has in its namespace and no longer wants."""
        outcome = Outcome()
        for key, known in self._cache.owned_by(owner):
            if key.namespace == namespace and key not in keep and not known.terminating:
                try:
                    await self._client.delete(resource_by_kind(key.kind), namespace, key.name, known.uid)
                except ApiError as error:
                    outcome.failures.append(f"{key.kind} {key.name}: {error}")
        return outcome

    async def _own_uid(self, desired: Mapping[str, Any]) -> str | None:
        """UID of a live object that is ours though the inventory lost sight of it; None when there is no object."""
        key = key_of(desired)
        live = await self._client.read_metadata(resource_by_kind(key.kind), key.namespace or None, key.name)
        if live is None:
            return None
        if applied_fields(live) is None:
            raise ForeignObjectError(key, managers(live))
        return str(live["metadata"]["uid"])

    async def _apply(self, desired: Mapping[str, Any], uid: str | None) -> bool:
        """Applies with force only on the object whose UID is known to be ours.

        Without a UID it has to be made; when somebody else was first, what we applied is taken back.
        """
        resource = resource_by_kind(desired["kind"])
        body = {**desired, "metadata": {**desired["metadata"], **({"uid": uid} if uid else {})}}
        applied = await self._client.apply(resource, body, force=uid is not None)
        if uid is None and not applied.created:
            await self._withdraw(resource, applied.live)
        self._cache.observe(applied.live)
        return applied.created

    async def _withdraw(self, resource: Resource, live: Mapping[str, Any]) -> None:
        """Takes back the fields that we applied to an object of somebody else; theirs stay as they were."""
        address = {key: live["metadata"][key] for key in ("name", "namespace", "uid") if key in live["metadata"]}
        nothing = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": address}
        await self._client.apply(resource, nothing, force=True)
        raise ForeignObjectError(key_of(live), managers(live))
