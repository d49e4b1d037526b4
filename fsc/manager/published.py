"""The services that are published with us, as listings with the names of their peers (FSC Core 4.4.1.8)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wegennet.fsc.core.contract import DelegatedServicePublication, ServicePublication, ServiceType
from wegennet.fsc.manager.pages import after, asked
from wegennet.fsc.manager.store import peers, services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wegennet.fsc.api.common import Pagination
    from wegennet.fsc.api.manager import ServicesQuery
    from wegennet.fsc.core.contract import PublicationGrant
    from wegennet.fsc.manager.store.peers import KnownPeer
    from wegennet.fsc.manager.store.services import Granted
    from wegennet.fsc.storage.database import Connection, Database


class Published:
    """Lists services.

    Args:
        database: has the contracts and peers.
        own: our peer, whose own publications are listed too.
    """

    def __init__(self, database: Database, own: KnownPeer) -> None:
        self._database = database
        self._own = own

    async def page(self, query: ServicesQuery) -> tuple[list[dict[str, Any]], Pagination]:
        """A page of listings, by peer and name."""
        async with self._database.transaction() as connection:
            shown, more = await services.published(
                connection,
                int(time.time()),
                asked(query),
                peer_id=query.peer_id,
                service_name=query.service_name,
            )
            known = await self._known(connection, shown)
        listed = (_listing(_publication(one), known) for one in shown)
        pagination = after(shown, lambda last: last.cursor, more=more)
        return [listing for listing in listed if listing is not None], pagination

    async def own_publications(self) -> list[Granted]:
        """The grants by which our peer publishes services."""
        async with self._database.transaction() as connection:
            return await services.own_publications(connection, int(time.time()), self._own.peer_id)

    async def _known(self, connection: Connection, shown: list[Granted]) -> Mapping[str, KnownPeer]:
        ids = {peer_id for one in shown for peer_id in one.grant.signers()}
        found = await peers.by_id(connection, ids)
        return {peer.peer_id: peer for peer in (*found, self._own)}


def _publication(granted: Granted) -> PublicationGrant:
    assert isinstance(granted.grant, ServicePublication | DelegatedServicePublication)  # noqa: S101 (what was selected)
    return granted.grant


def _listing(grant: PublicationGrant, known: Mapping[str, KnownPeer]) -> dict[str, Any] | None:
    """A listing; None for a service whose peer never told where it is, which has no place in the list's schema."""
    peer = known.get(grant.service.peer_id)
    if peer is None:
        return None
    data: dict[str, Any] = {
        "type": ServiceType.SERVICE,
        "peer": {"id": peer.peer_id, "name": peer.name, "manager_address": peer.manager_address},
        "name": grant.service.name,
        "protocol": grant.service.protocol,
    }
    if grant.properties is not None:
        data["properties"] = grant.properties
    if isinstance(grant, DelegatedServicePublication):
        delegator = known.get(grant.delegator.peer_id)
        name = delegator.name if delegator else grant.delegator.peer_id
        data["type"] = ServiceType.DELEGATED_SERVICE
        data["delegator"] = {"peer_id": grant.delegator.peer_id, "peer_name": name}
    return {"type": data["type"], "data": data}
