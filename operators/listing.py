"""Lists what exists: at the start, before anything is written, and then whenever it may tell something new.

A watch that lost its place begins anew with what exists, and never says what was deleted meanwhile. So the inventory is
compared with a list whenever a watch began anew, and every ten minutes whatever happens.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog

from wegennet.operators.api.group import LABEL_OWNER
from wegennet.operators.cache import Cache, ObjectKey
from wegennet.operators.client import ApiError
from wegennet.operators.resources import MUNICIPALITY, OWNED, Resource
from wegennet.operators.watches import Watches

if TYPE_CHECKING:
    from wegennet.operators.client import Client
    from wegennet.operators.tenants import Tenants
    from wegennet.operators.workqueue import WorkQueue

log = structlog.get_logger(__name__)

EVERY: Final = 600.0
"""Seconds between two comparisons when no watch began anew."""

_QUIET: Final = 1.0
"""Seconds without news of a watch that began anew before the comparison: it has streamed what exists by then."""

_RETRY: Final = 1.0
_TRANSIENT: Final = (ApiError, aiohttp.ClientError, TimeoutError)


class Listing:
    """Fills the caches from lists, page by page: of an object only what the cache keeps stays in memory."""

    def __init__(self, client: Client, cache: Cache, tenants: Tenants, queue: WorkQueue) -> None:
        self._client = client
        self._cache = cache
        self._tenants = tenants
        self.watches = Watches(cache, tenants, queue, self.begin_anew)
        """The watches that feed the same caches."""
        self._anew = asyncio.Event()
        self.complete = asyncio.Event()
        """Set once the caches hold all that existed at the start."""

    def begin_anew(self) -> None:
        """Says that a watch began anew: a comparison follows soon."""
        self._anew.set()

    async def run(self) -> None:
        """Lists everything, until that succeeds; then again whenever it may tell something new."""
        while True:
            self._anew.clear()
            if await self._everything():
                self.complete.set()
                await self._until_worthwhile()
            else:
                await asyncio.sleep(_RETRY)

    async def _until_worthwhile(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._anew.wait(), EVERY)
            while True:
                self._anew.clear()
                await asyncio.wait_for(self._anew.wait(), _QUIET)

    async def _everything(self) -> bool:
        try:
            for resource in OWNED:
                await self.owned(resource)
            await self.municipalities()
        except _TRANSIENT as error:
            log.warning("listing failed", error=str(error))
            return False
        return True

    async def owned(self, resource: Resource) -> None:
        """Takes in all objects of a kind that the operator owns, and drops those that are no more."""
        known = [(key, seen) for key, seen in self._cache.items() if key.kind == resource.kind]
        live: set[str] = set()
        async for page in self._client.pages(resource, selector=LABEL_OWNER):
            for item in page:
                # Items of a list do not say what they are.
                self.watches.seen({**item, "apiVersion": resource.api_version, "kind": resource.kind})
                live.add(item["metadata"]["uid"])
        for key, seen in known:
            if seen.uid not in live:
                self.watches.gone(_last_seen(key, seen.uid, seen.version))

    async def municipalities(self) -> None:
        """Takes in all municipalities, and drops those that are no more."""
        known = list(self._tenants)
        live: set[str] = set()
        async for page in self._client.pages(MUNICIPALITY):
            for item in page:
                self.watches.municipality_seen(item)
                live.add(item["metadata"]["uid"])
        for one in known:
            if one.uid not in live:
                key = ObjectKey(MUNICIPALITY.kind, "", one.name)
                self.watches.municipality_gone(_last_seen(key, one.uid, one.version))


def _last_seen(key: ObjectKey, uid: str, version: int) -> dict[str, Any]:
    """What is known of an object that is no more, in the shape of an object."""
    metadata = {"namespace": key.namespace, "name": key.name, "uid": uid, "resourceVersion": str(version)}
    return {"kind": key.kind, "metadata": metadata}
