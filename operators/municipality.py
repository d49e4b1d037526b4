"""The reconcile of a Municipality: observe, desired, diff, apply, status.

Level-triggered: called with a name, it looks at what stands and brings it to what is asked for, whatever event led
here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Final

from wegennet.operators import findings
from wegennet.operators.api.group import API_VERSION, FINALIZER
from wegennet.operators.api.municipality import Lifecycle
from wegennet.operators.cache import key_of
from wegennet.operators.conditions import Finding, conditions
from wegennet.operators.desired.municipality import desired_objects, owner_label
from wegennet.operators.inventory import Inventory, Outcome
from wegennet.operators.owned import applied_fields
from wegennet.operators.resources import CLAIM, MUNICIPALITY, NAMESPACE
from wegennet.operators.tenants import Tenant, Tenants, tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.operators.cache import Cache
    from wegennet.operators.client import Client


_NAMES_LENGTH: Final = 200
"""Characters of a list of names in a message."""


class IncompleteError(Exception):
    """Part of the desired state could not be reached; the status says which, and the queue tries again."""


class MunicipalityReconciler:
    """Brings municipalities to their desired state.

    Args:
        client: writes to the API server.
        cache: the objects that stand.
        tenants: the municipalities that are asked for.
        now: the time, for conditions.
    """

    def __init__(
        self,
        client: Client,
        cache: Cache,
        tenants: Tenants,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._cache = cache
        self._tenants = tenants
        self._inventory = Inventory(client, cache)
        self._now = now

    async def reconcile(self, name: str) -> None:
        """Brings one municipality to its desired state.

        Raises:
            ApiError: the API server refused or failed before a status could be written.
            IncompleteError: the status says what is missing; try again.
        """
        asked = self._tenants.get(name)
        if asked is None:
            return
        if asked.deleting or asked.spec.lifecycle == Lifecycle.LEAVING:
            await self._remove(asked)
        elif (holder := self._tenants.holder(asked.spec.oin)).name != name:
            await self._report(asked, findings.oin_taken(asked, holder))
        else:
            await self._provision(asked)

    async def _provision(self, asked: Tenant) -> None:
        if not asked.guarded:
            asked = await self._guard(asked)
        namespace, *rest = desired_objects(asked.spec)
        known = self._cache.get(key_of(namespace))
        if known and known.terminating:
            await self._report(asked, findings.terminating(asked))
            return
        parts = await self._apply_parts(namespace, rest)
        if all(outcome.ok for outcome in parts.values()):
            keep = {key_of(obj) for obj in [namespace, *rest]}
            parts["IsolationReady"] = await self._inventory.prune(owner_label(asked.name), keep)
        await self._report(asked, findings.provisioned(asked, parts), namespace=asked.name, oin=asked.spec.oin)
        if not all(outcome.ok for outcome in parts.values()):
            raise IncompleteError(asked.name)

    async def _apply_parts(self, namespace: dict[str, Any], rest: list[dict[str, Any]]) -> dict[str, Outcome]:
        """Namespace, isolation, access, in this order: nothing is opened before what stands in front of it is shut."""
        made = await self._inventory.ensure_all([namespace])
        parts = {"NamespaceReady": made}
        if not made.ok:
            return parts
        isolation = [obj for obj in rest if obj["kind"] != "RoleBinding"]
        access = [obj for obj in rest if obj["kind"] == "RoleBinding"]
        parts["IsolationReady"] = await self._inventory.ensure_all(isolation, certainly_new=made.created)
        if parts["IsolationReady"].ok:
            parts["AccessReady"] = await self._inventory.ensure_all(access, certainly_new=made.created)
        return parts

    async def _remove(self, asked: Tenant) -> None:
        """Removes the namespace of a municipality that leaves or is deleted, unless it holds data that must be kept."""
        live = await self._client.read_metadata(NAMESPACE, None, asked.name)
        if live is None or applied_fields(live) is None:
            await self._gone(asked)
        elif "deletionTimestamp" in live["metadata"]:
            await self._report(asked, findings.removing(asked), namespace=asked.name)
        elif not asked.removal_confirmed and (data := await self._data(asked)):
            await self._report(asked, findings.held(asked, data), namespace=asked.name)
        else:
            await self._report(asked, findings.removing(asked), namespace=asked.name)
            await self._client.delete(NAMESPACE, None, asked.name, live["metadata"]["uid"])

    async def _gone(self, asked: Tenant) -> None:
        if not asked.deleting:
            await self._report(asked, findings.left(asked))
        elif asked.guarded:
            await self._apply_municipality(asked, finalizers=[])

    async def _data(self, asked: Tenant) -> str:
        """What the namespace holds that cannot be made again, in words; empty when there is nothing."""
        claims = await self._client.names(CLAIM, asked.name)
        return f"volumes with data ({shorten(', '.join(claims), _NAMES_LENGTH)})" if claims else ""

    async def _guard(self, asked: Tenant) -> Tenant:
        """Adds the finalizer, before anything exists that it has to guard."""
        return await self._apply_municipality(asked, finalizers=[FINALIZER])

    async def _apply_municipality(self, asked: Tenant, *, finalizers: list[str]) -> Tenant:
        metadata = {"name": asked.name, "uid": asked.uid, "finalizers": finalizers}
        body = {"apiVersion": API_VERSION, "kind": MUNICIPALITY.kind, "metadata": metadata}
        return await self._apply_own(body)

    async def _report(
        self, asked: Tenant, found: list[Finding], *, namespace: str | None = None, oin: str | None = None
    ) -> None:
        """Writes the status, if it says something else than the one that stands."""
        status = {
            "observedGeneration": asked.generation,
            "conditions": conditions(found, asked.status.get("conditions", ()), asked.generation, self._now()),
        }
        if namespace:
            status["namespace"] = namespace
        if oin := oin or asked.status.get("provisionedOin"):
            status["provisionedOin"] = oin
        if status == asked.status:
            return
        metadata = {"name": asked.name, "uid": asked.uid}
        body = {"apiVersion": API_VERSION, "kind": MUNICIPALITY.kind, "metadata": metadata, "status": status}
        await self._apply_own(body, subresource="status")

    async def _apply_own(self, body: dict[str, Any], subresource: str | None = None) -> Tenant:
        applied = await self._client.apply(MUNICIPALITY, body, force=True, subresource=subresource)
        seen = tenant(applied.live)
        self._tenants.observe(seen)
        return seen
