"""The watches, by kopf: what happens in the cluster goes into the caches and puts keys on the queue. Nothing else.

Events change nothing and write nothing: the queue's workers do, from the state of the caches. What exists at the start
is listed apart (see `listing`): kopf has indices for that, but while they fill each object wakes every other one that
waits, which is quadratic in the number of objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kopf

from wegennet.operators.api.group import LABEL_OWNER
from wegennet.operators.cache import key_of
from wegennet.operators.resources import MUNICIPALITY, OWNED, Resource
from wegennet.operators.tenants import tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import aiohttp

    from wegennet.operators.cache import Cache
    from wegennet.operators.tenants import Tenants
    from wegennet.operators.workqueue import WorkQueue

MUNICIPALITY_PREFIX = f"{MUNICIPALITY.kind}."


class Watches:
    """Keeps the caches true and the queue informed.

    Args:
        cache: takes in the objects that the operator owns.
        tenants: takes in the municipalities.
        queue: gets the keys of owners for whom something changed.
        on_anew: called when a watch begins anew.
    """

    def __init__(self, cache: Cache, tenants: Tenants, queue: WorkQueue, on_anew: Callable[[], None]) -> None:
        self._cache = cache
        self._tenants = tenants
        self._queue = queue
        self._on_anew = on_anew

    def registry(self, server: str, session: aiohttp.ClientSession) -> kopf.OperatorRegistry:
        """Kopf's handlers: for the municipalities, and for each kind of object that the operator owns."""
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.AiohttpSession:
            return kopf.AiohttpSession(server=server, aiohttp_session=session)

        group, version, plural = _address(MUNICIPALITY)

        @kopf.on.event(group=group, version=version, plural=plural, registry=registry)
        async def municipality(event: kopf.RawEvent, **_: Any) -> None:
            self._streamed(event)
            if event["type"] == "DELETED":
                self.municipality_gone(event["object"])
            else:
                self.municipality_seen(event["object"])

        for resource in OWNED:
            group, version, plural = _address(resource)

            @kopf.on.event(group=group, version=version, plural=plural, registry=registry)
            async def owned(event: kopf.RawEvent, **_: Any) -> None:
                self._streamed(event)
                if event["type"] == "DELETED":
                    self.gone(event["object"])
                else:
                    self.seen(event["object"])

        return registry

    def municipality_seen(self, live: Mapping[str, Any]) -> None:
        """Takes in a Municipality as it stands."""
        self.look_again(self._tenants.observe(tenant(live)))

    def municipality_gone(self, last: Mapping[str, Any]) -> None:
        """Drops a Municipality that is no more, from what was last seen of it."""
        metadata = last["metadata"]
        self.look_again(self._tenants.forget(metadata["name"], metadata["uid"], int(metadata["resourceVersion"])))

    def seen(self, live: Mapping[str, Any]) -> None:
        """Takes in an object that the operator owns."""
        self._add(self._cache.observe(live))

    def gone(self, last: Mapping[str, Any]) -> None:
        """Drops an object that is no more, from what was last seen of it."""
        metadata = last["metadata"]
        self._add(self._cache.forget(key_of(last), metadata["uid"], int(metadata["resourceVersion"])))

    def look_again(self, names: Iterable[str]) -> None:
        """Asks for a reconcile of municipalities."""
        self._add(MUNICIPALITY_PREFIX + name for name in names)

    def _streamed(self, event: kopf.RawEvent) -> None:
        """A watch that begins anew streams what exists, without a type; it never says what was deleted meanwhile."""
        if event["type"] is None:
            self._on_anew()

    def _add(self, owners: Iterable[str]) -> None:
        for owner in owners:
            if owner:
                self._queue.add(owner)


def _address(resource: Resource) -> tuple[str, str, str]:
    """Group, version and plural of a resource: by its plural alone kopf could take somebody else's of the same name."""
    group, _, version = resource.api_version.rpartition("/")
    return group, version, resource.plural


class NothingKept(kopf.DiffBaseStorage):
    """Keeps no last-seen state: with handlers of events alone, the copy kopf makes of each object is waste."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Nothing of an object."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        """Nothing was kept."""
        return None

    def store(self, **_: Any) -> None:
        """Keeps nothing."""


def settings() -> kopf.OperatorSettings:
    """Kopf's settings: watch what carries our owner label, keep nothing in annotations, post no events."""
    chosen = kopf.OperatorSettings()
    chosen.posting.enabled = False
    chosen.persistence.diffbase_storage = NothingKept()
    chosen.scanning.disabled = True
    chosen.watching.initial_streaming = True
    chosen.queueing.idle_timeout = 1.0
    # An absent API server is asked again soon: until a watch is back, changes of somebody else go unseen.
    chosen.networking.error_backoffs = (0.5, 1, 2, 2, 2)
    for resource in OWNED:
        chosen.watching.label_selectors[_address(resource)] = LABEL_OWNER
    return chosen
