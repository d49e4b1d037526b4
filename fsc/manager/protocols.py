"""Which protocol the Inway of a service speaks: as the Directory lists it, remembered for a while."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import structlog

from wegennet.fsc.core.contract import DelegatedServicePublication, Protocol, ServicePublication
from wegennet.fsc.manager.store import services
from wegennet.fsc.manager.store.pages import Page
from wegennet.fsc.service.client import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wegennet.fsc.manager.directory import Directory
    from wegennet.fsc.storage.database import Database

log = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 60.0
_PATIENCE: Final = 3.0
DEFAULT: Final = Protocol.HTTP_1_1


class Protocols:
    """Knows protocols.

    Args:
        database: has the publications that were made with us.
        directory: has those of the group.
    """

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory
        self._known: dict[str, tuple[float, Mapping[str, Protocol]]] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, peer_id: str, service_name: str) -> Protocol:
        """The protocol of a service; HTTP/1.1 when nobody knows."""
        lock = self._locks.setdefault(peer_id, asyncio.Lock())
        async with lock:
            at, protocols = self._known.get(peer_id, (-FRESH_SECONDS, {}))
            if time.monotonic() - at >= FRESH_SECONDS:
                protocols = await self._look(peer_id, protocols)
                self._known[peer_id] = time.monotonic(), protocols
            return protocols.get(service_name, DEFAULT)

    async def _look(self, peer_id: str, former: Mapping[str, Protocol]) -> Mapping[str, Protocol]:
        if self._directory.is_own:
            return await self._published(peer_id)
        try:
            async with asyncio.timeout(_PATIENCE):
                listed = await self._directory.manager.services(peer_id)
        except (CallError, TimeoutError) as error:
            log.warning("protocols not known: no answer of the directory", peer_id=peer_id, reason=str(error))
            return former
        return {service.name: service.protocol for service in listed}

    async def _published(self, peer_id: str) -> Mapping[str, Protocol]:
        async with self._database.transaction() as connection:
            found, _ = await services.published(connection, int(time.time()), Page(), peer_id=peer_id)
        grants = (one.grant for one in found)
        return {
            grant.service.name: grant.service.protocol
            for grant in grants
            if isinstance(grant, ServicePublication | DelegatedServicePublication)
        }
