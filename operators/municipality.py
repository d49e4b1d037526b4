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
    """Part of the desired state is not reached, as the status says; the queue looks again, with growing delays."""


class MunicipalityReconciler:
    """Brings municipalities to their desired state.

    Args:
        client: writes to the API server.
        cache: the objects that stand.
        tenants: the municipalities that are asked for.
        on_change: told of other municipalities that have to be looked at again.
        now: the time, for conditions.
    """

    def __init__(
        self,
        client: Client,
        cache: Cache,
        tenants: Tenants,
        on_change: Callable[[set[str]], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._cache = cache
        self._tenants = tenants
        self._inventory = Inventory(client, cache)
        self._on_change = on_change
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
        elif asked.fault:
            await self._report(asked, findings.not_understood(asked))
        elif (holder := self._tenants.claim(asked)).uid != asked.uid:
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
        has_namespace = parts["NamespaceReady"].ok
        await self._report(
            asked,
            findings.provisioned(asked, parts),
            namespace=asked.name if has_namespace else None,
            oin=asked.spec.oin if has_namespace else None,
        )
        if not all(outcome.ok for outcome in parts.values()):
            raise IncompleteError(asked.name)

    async def _apply_parts(self, namespace: dict[str, Any], rest: list[dict[str, Any]]) -> dict[str, Outcome]:
        """Namespace, isolation, access, in this order: nobody gets access before isolation stands.

        What takes something away never waits: what is no longer wanted is pruned and a binding that exists is
        brought up to date, whatever else went wrong.
        """
        name = namespace["metadata"]["name"]
        created, made = await self._inventory.ensure_one(namespace)
        parts = {"NamespaceReady": made}
        if not made.ok:
            return parts
        isolation = [obj for obj in rest if obj["kind"] != "RoleBinding"]
        access = [obj for obj in rest if obj["kind"] == "RoleBinding"]
        keep = {key_of(obj) for obj in rest}
        pruned = await self._inventory.prune(owner_label(name), name, keep)
        parts["IsolationReady"] = pruned + await self._inventory.ensure_all(isolation, certainly_new=created)
        if parts["IsolationReady"].ok or any(self._cache.get(key_of(obj)) for obj in access):
            parts["AccessReady"] = await self._inventory.ensure_all(access, certainly_new=created)
        return parts

    async def _remove(self, asked: Tenant) -> None:
        """Removes the namespace of a municipality that leaves or is deleted, unless it holds data that must be kept."""
        live = await self._client.read_metadata(NAMESPACE, None, asked.name)
        if live is None or applied_fields(live) is None:
            await self._gone(asked)
        elif "deletionTimestamp" in live["metadata"]:
            await self._report(asked, findings.removing(asked), namespace=asked.name)
        elif asked.confirmed_removal != (uid := live["metadata"]["uid"]) and (data := await self._data(asked)):
            await self._report(asked, findings.held(asked, data, uid), namespace=asked.name)
            raise IncompleteError(asked.name)
        else:
            await self._report(asked, findings.removing(asked), namespace=asked.name)
            await self._client.delete(NAMESPACE, None, asked.name, uid)

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
        self._on_change(self._tenants.observe(seen) - {seen.name})
        return seen
