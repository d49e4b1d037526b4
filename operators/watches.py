"""The watches, by kopf: what happens in the cluster goes into the caches and puts keys on the queue. Nothing else.

Events change nothing and write nothing: the queue's workers do, from the state of the caches. What exists at the start
is listed apart (see `listing`): kopf has indices for that, but while they fill each object wakes every other one that
waits, which is quadratic in the number of objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kopf
import structlog
from pydantic import ValidationError

from wegennet.operators.api.group import GROUP, LABEL_OWNER
from wegennet.operators.cache import ObjectKey, key_of
from wegennet.operators.resources import MUNICIPALITY, OWNED
from wegennet.operators.tenants import tenant

if TYPE_CHECKING:
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
    """

    def __init__(self, cache: Cache, tenants: Tenants, queue: WorkQueue) -> None:
        self._cache = cache
        self._tenants = tenants
        self._queue = queue

    def registry(self, server: str, session: aiohttp.ClientSession) -> kopf.OperatorRegistry:
        """Kopf's handlers: for the municipalities, and for each kind of object that the operator owns."""
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.AiohttpSession:
            return kopf.AiohttpSession(server=server, aiohttp_session=session)

        @kopf.on.event(GROUP, MUNICIPALITY.plural, registry=registry)
        async def municipality(event: kopf.RawEvent, **_: Any) -> None:
            if event["type"] == "DELETED":
                self.municipality_gone(event["object"])
            else:
                self.municipality_seen(event["object"])

        for resource in OWNED:

            @kopf.on.event(resource.plural, registry=registry)
            async def owned(event: kopf.RawEvent, **_: Any) -> None:
                if event["type"] == "DELETED":
                    self.gone(key_of(event["object"]), event["object"]["metadata"]["uid"])
                else:
                    self.seen(event["object"])

        return registry

    def municipality_seen(self, live: Mapping[str, Any]) -> None:
        """Takes in a Municipality as it stands."""
        try:
            names = self._tenants.observe(tenant(live))
        except ValidationError:
            log.exception("municipality not understood", municipality=live["metadata"]["name"])
        else:
            self._add_municipalities(names)

    def municipality_gone(self, last: Mapping[str, Any]) -> None:
        """Drops a Municipality that is no more."""
        self._add_municipalities(self._tenants.forget(last["metadata"]["name"], last["metadata"]["uid"]))

    def seen(self, live: Mapping[str, Any]) -> None:
        """Takes in an object that the operator owns."""
        self._add(self._cache.observe(live))

    def gone(self, key: ObjectKey, uid: str) -> None:
        """Drops an object that is no more."""
        self._add(self._cache.forget(key, uid))

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
