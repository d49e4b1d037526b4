"""What an Outway of ours may connect to, where its tokens are to be had, and which protocol its Inway speaks."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from wegennet.fsc.api.manager_internal import OutwayService
from wegennet.fsc.core.contract import DelegatedService, DelegatedServiceConnection, ServiceConnection
from wegennet.fsc.manager.store import services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.core.contract import ConnectionGrant, Protocol
    from wegennet.fsc.manager.directory import Directory
    from wegennet.fsc.manager.protocols import Protocols
    from wegennet.fsc.manager.store.peers import KnownPeer
    from wegennet.fsc.manager.store.services import Granted
    from wegennet.fsc.storage.database import Database


class OutwayServices:
    """Lists services for Outways.

    Args:
        database: has the contracts.
        directory: says where other peers' Managers are.
        protocols: says which protocol an Inway speaks.
        own: our peer, where our own services are.
    """

    def __init__(self, database: Database, directory: Directory, protocols: Protocols, own: KnownPeer) -> None:
        self._database = database
        self._directory = directory
        self._protocols = protocols
        self._own = own

    async def of(self, public_key_thumbprint: str, names: Sequence[str]) -> list[OutwayService]:
        """The services for an Outway with this key, or with one of these names in its certificate."""
        async with self._database.transaction() as connection:
            found = await services.connections(
                connection, int(time.time()), self._own.peer_id, public_key_thumbprint, names
            )
        grants = [(granted, _connection(granted)) for granted in found]
        addresses = await self._directory.likeliest({grant.service.peer_id for _, grant in grants})
        addresses[self._own.peer_id] = self._own.manager_address
        # Of a peer whose Manager nobody knows no token can be had.
        usable = [(granted, grant) for granted, grant in grants if grant.service.peer_id in addresses]
        protocols = await asyncio.gather(
            *(self._protocols.of(grant.service.peer_id, grant.service.name) for _, grant in usable)
        )
        return [
            _service(granted, grant, addresses[grant.service.peer_id], protocol)
            for (granted, grant), protocol in zip(usable, protocols, strict=True)
        ]


def _connection(granted: Granted) -> ConnectionGrant:
    assert isinstance(granted.grant, ServiceConnection | DelegatedServiceConnection)  # noqa: S101 (what was selected)
    return granted.grant


def _service(granted: Granted, grant: ConnectionGrant, address: str, protocol: Protocol) -> OutwayService:
    delegators = {}
    if isinstance(grant.service, DelegatedService):
        delegators["service_delegator_peer_id"] = grant.service.delegator.peer_id
    if isinstance(grant, DelegatedServiceConnection):
        delegators["delegator_peer_id"] = grant.delegator.peer_id
    return OutwayService(
        grant_hash=granted.grant_hash,
        content_hash=granted.content_hash,
        service_name=grant.service.name,
        service_peer_id=grant.service.peer_id,
        manager_address=address,
        protocol=protocol,
        not_after=granted.not_after,
        **delegators,
    )
