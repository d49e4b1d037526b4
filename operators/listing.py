"""Lists what exists: at the start, so that the caches are complete before anything is written, and from time to time.

A watch that resumes after its place in history is gone never says what was deleted meanwhile. So the inventory is
compared with a list again: soon after the start, when the watches surely run, and then every ten minutes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import aiohttp
import structlog

from wegennet.operators.api.group import LABEL_OWNER
from wegennet.operators.client import ApiError
from wegennet.operators.resources import MUNICIPALITY, OWNED, Resource

if TYPE_CHECKING:
    from wegennet.operators.cache import Cache
    from wegennet.operators.client import Client
    from wegennet.operators.tenants import Tenants
    from wegennet.operators.watches import Watches

log = structlog.get_logger(__name__)

FIRST: Final = 30.0
EVERY: Final = 600.0
"""Seconds until the first comparison after the start, and between two later ones."""

_RETRY: Final = 1.0
_TRANSIENT: Final = (ApiError, aiohttp.ClientError, TimeoutError)


class Listing:
    """Fills the caches from lists, page by page: of an object only what the cache keeps stays in memory."""

    def __init__(self, client: Client, cache: Cache, tenants: Tenants, watches: Watches) -> None:
        self._client = client
        self._cache = cache
        self._tenants = tenants
        self._watches = watches
        self.complete = asyncio.Event()
        """Set once the caches hold all that existed at the start."""

    async def run(self) -> None:
        """Lists everything until that succeeds, then compares for ever."""
        while not self.complete.is_set():
            if await self._everything():
                self.complete.set()
            else:
                await asyncio.sleep(_RETRY)
        delay = FIRST
        while True:
            await asyncio.sleep(delay)
            await self._everything()
            delay = EVERY

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
        known = {key: seen.uid for key, seen in self._cache.items() if key.kind == resource.kind}
        live: set[str] = set()
        async for page in self._client.pages(resource, selector=LABEL_OWNER):
            for item in page:
                # Items of a list do not say what they are.
                self._watches.seen({**item, "apiVersion": resource.api_version, "kind": resource.kind})
                live.add(item["metadata"]["uid"])
        for key, uid in known.items():
            if uid not in live:
                self._watches.gone(key, uid)

    async def municipalities(self) -> None:
        """Takes in all municipalities, and drops those that are no more."""
        known = [(one.name, one.uid) for one in self._tenants]
        live: set[str] = set()
        async for page in self._client.pages(MUNICIPALITY):
            for item in page:
                self._watches.municipality_seen(item)
                live.add(item["metadata"]["uid"])
        for name, uid in known:
            if uid not in live:
                self._watches.municipality_gone({"metadata": {"name": name, "uid": uid}})
