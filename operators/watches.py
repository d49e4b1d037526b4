"""The watches, by kopf: what happens in the cluster goes into the caches and puts keys on the queue. Nothing else.

kopf runs index handlers for every object that exists before it runs any other handler. So the indices fill our caches,
and the first event handler to run means that the caches are complete. Events change nothing and write nothing: the
queue's workers do, from the state of the caches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kopf
import structlog
from pydantic import ValidationError

from wegennet.operators.api.group import GROUP, LABEL_OWNER
from wegennet.operators.cache import key_of
from wegennet.operators.resources import MUNICIPALITY, OWNED, Resource
from wegennet.operators.tenants import tenant

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Mapping

    import aiohttp

    from wegennet.operators.cache import Cache
    from wegennet.operators.tenants import Tenants
    from wegennet.operators.workqueue import WorkQueue

log = structlog.get_logger(__name__)

MUNICIPALITY_PREFIX = f"{MUNICIPALITY.kind}."


class Watches:
    """Keeps the caches true and the queue informed.

    Args:
        cache: takes in the objects that the operator owns.
        tenants: takes in the municipalities.
        queue: gets the keys of owners for whom something changed.
        synced: set once the caches hold all that exists.
    """

    def __init__(self, cache: Cache, tenants: Tenants, queue: WorkQueue, synced: asyncio.Event) -> None:
        self._cache = cache
        self._tenants = tenants
        self._queue = queue
        self._synced = synced

    def registry(self, server: str, session: aiohttp.ClientSession) -> kopf.OperatorRegistry:
        """Kopf's handlers: for the municipalities, and for each kind of object that the operator owns."""
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.AiohttpSession:
            return kopf.AiohttpSession(server=server, aiohttp_session=session)

        self._watch_municipalities(registry)
        for resource in OWNED:
            self._watch_owned(registry, resource)
        return registry

    def _watch_municipalities(self, registry: kopf.OperatorRegistry) -> None:
        @kopf.index(GROUP, MUNICIPALITY.plural, id="municipalities", registry=registry)
        async def seen(body: kopf.Body, **_: Any) -> None:
            self._municipality_seen(body)

        @kopf.on.event(GROUP, MUNICIPALITY.plural, registry=registry)
        async def happened(event: kopf.RawEvent, body: kopf.Body, **_: Any) -> None:
            self._synced.set()
            if event["type"] == "DELETED":
                self._add_municipalities(self._tenants.forget(body.metadata.name, body.metadata.uid))

    def _watch_owned(self, registry: kopf.OperatorRegistry, resource: Resource) -> None:
        @kopf.index(resource.plural, id=resource.plural, registry=registry)
        async def seen(body: kopf.Body, **_: Any) -> None:
            self._add(self._cache.observe(body))

        @kopf.on.event(resource.plural, registry=registry)
        async def happened(event: kopf.RawEvent, body: kopf.Body, **_: Any) -> None:
            if event["type"] == "DELETED":
                self._add(self._cache.forget(key_of(body), body.metadata.uid))

    def _municipality_seen(self, body: Mapping[str, Any]) -> None:
        try:
            self._add_municipalities(self._tenants.observe(tenant(body)))
        except ValidationError:
            log.exception("municipality not understood", municipality=body["metadata"]["name"])

    def _add_municipalities(self, names: Iterable[str]) -> None:
        self._add(MUNICIPALITY_PREFIX + name for name in names)

    def _add(self, owners: Iterable[str]) -> None:
        for owner in owners:
            if owner:
                self._queue.add(owner)


def settings() -> kopf.OperatorSettings:
    """Kopf's settings: watch what carries our owner label, keep nothing in annotations, post no events."""
    chosen = kopf.OperatorSettings()
    chosen.posting.enabled = False
    chosen.scanning.disabled = True
    chosen.watching.initial_streaming = True
    chosen.queueing.idle_timeout = 1.0
    for resource in OWNED:
        chosen.watching.label_selectors[resource.plural] = LABEL_OWNER
    return chosen
