"""Finds objects that vanished while a watch was broken.

A watch that resumes after its place in history is gone lists what exists, and never says what no longer does. So from
time to time the inventory is compared with a list of what exists, metadata only.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import aiohttp
import structlog

from wegennet.operators.api.group import LABEL_OWNER
from wegennet.operators.client import ApiError
from wegennet.operators.resources import OWNED, Resource

if TYPE_CHECKING:
    from wegennet.operators.cache import Cache
    from wegennet.operators.client import Client
    from wegennet.operators.workqueue import WorkQueue

log = structlog.get_logger(__name__)

EVERY: Final = 600.0
"""Seconds between two comparisons."""


class Resync:
    """Compares the inventory with the cluster."""

    def __init__(self, client: Client, cache: Cache, queue: WorkQueue) -> None:
        self._client = client
        self._cache = cache
        self._queue = queue

    async def run(self) -> None:
        """Compares for ever, every `EVERY` seconds."""
        while True:
            await asyncio.sleep(EVERY)
            for resource in OWNED:
                try:
                    await self.compare(resource)
                except (ApiError, aiohttp.ClientError, TimeoutError) as error:
                    log.warning("resync failed", kind=resource.kind, error=str(error))

    async def compare(self, resource: Resource) -> int:
        """Forgets the objects of a kind that exist no longer and has their owners looked at; gives how many."""
        known = {key: seen.uid for key, seen in self._cache.items() if key.kind == resource.kind}
        live = {item["metadata"]["uid"] for item in await self._client.list_metadata(resource, selector=LABEL_OWNER)}
        vanished = {key: uid for key, uid in known.items() if uid not in live}
        for key, uid in vanished.items():
            for owner in self._cache.forget(key, uid):
                self._queue.add(owner)
        return len(vanished)
