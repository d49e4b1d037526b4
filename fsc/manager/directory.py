"""Where the Managers of other peers are: as they told us, or else as the Directory lists them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from wegennet.fsc.core.errors import FscError
from wegennet.fsc.manager.addresses import manager_address
from wegennet.fsc.manager.store import peers
from wegennet.fsc.manager.store.peers import KnownPeer
from wegennet.fsc.service.client import CallError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from wegennet.fsc.manager.remote import Managers, RemoteManager
    from wegennet.fsc.storage.database import Database

log = structlog.get_logger(__name__)


class Directory:
    """Finds peers.

    Args:
        database: has the peers that we know.
        managers: to call the Directory with.
        peer_id: of the Directory.
        address: of the Directory's Manager.
        is_own: whether we are the Directory: then there is nobody else to ask.
    """

    def __init__(self, database: Database, managers: Managers, peer_id: str, address: str, *, is_own: bool) -> None:
        self._database = database
        self._managers = managers
        self._peer_id = peer_id
        self._address = address
        self.is_own = is_own

    @property
    def manager(self) -> RemoteManager:
        """The Directory's Manager."""
        return self._managers.of(self._peer_id, self._address)

    async def addresses(self, peer_id: str) -> AsyncIterator[str]:
        """Addresses of a peer's Manager, the likeliest first; the Directory is asked only when it comes to that."""
        if peer_id == self._peer_id:
            yield self._address
            return
        async with self._database.transaction() as connection:
            known = await peers.get(connection, peer_id)
        if known is not None:
            yield known.manager_address
        listed = await self.listed(peer_id)
        if listed is not None and (known is None or listed.manager_address != known.manager_address):
            yield listed.manager_address

    async def likeliest(self, peer_ids: Collection[str]) -> dict[str, str]:
        """The likeliest address of each peer's Manager; without those that neither we nor the Directory know."""
        async with self._database.transaction() as connection:
            known = await peers.by_id(connection, peer_ids)
        found = {peer.peer_id: peer.manager_address for peer in known}
        if self._peer_id in peer_ids:
            found[self._peer_id] = self._address
        asked = await asyncio.gather(*(self.listed(peer_id) for peer_id in peer_ids if peer_id not in found))
        return found | {peer.peer_id: peer.manager_address for peer in asked if peer is not None}

    async def listed(self, peer_id: str) -> KnownPeer | None:
        """What the Directory says of a peer; None when it doesn't know it, or isn't there."""
        if self.is_own:
            return None
        try:
            found = await self.manager.peers([peer_id])
            one = next(each for each in found if each.id == peer_id)
            return KnownPeer(one.id, one.name, manager_address(one.manager_address))
        except StopIteration:
            return None
        except (CallError, FscError) as error:
            log.info("peer not found in the directory", peer_id=peer_id, reason=str(error))
            return None
