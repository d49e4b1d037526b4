"""Who we are, which peers we know, which services are published with us, and with what we sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from wegennet.fsc.api.common import Pagination
from wegennet.fsc.api.manager import (
    DELEGATION_VERSION,
    LOGGING_VERSION,
    Jwks,
    PeerInfo,
    Peers,
    PeersQuery,
    Services,
    ServicesQuery,
)
from wegennet.fsc.core.contract import FSC_VERSION
from wegennet.fsc.manager.answers import json_answer
from wegennet.fsc.manager.checks import Caller, SenderAddress  # noqa: TC001 (FastAPI reads the annotations)
from wegennet.fsc.manager.pages import after, asked
from wegennet.fsc.manager.store import errands, peers
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import router

if TYPE_CHECKING:
    from wegennet.fsc.manager.parts import Parts
    from wegennet.fsc.manager.store.peers import KnownPeer
    from wegennet.fsc.storage.database import Database

KEY_SET: Final = "/.well-known/jwks.json"


def routes(parts: Parts, *, logs: bool) -> APIRouter:
    """`PUT /announce`, `GET /peer`, `/peers`, `/services` and `/.well-known/jwks.json`.

    Args:
        parts: of the Manager.
        logs: whether this peer keeps a transaction log.
    """
    made = router()
    database, published, info = parts.database, parts.published, _info(parts.own, logs=logs)

    @made.put("/announce", response_class=Response, responses=errors(400, 503), operation_id="announce")
    async def announce(peer: Caller, address: SenderAddress) -> Response:
        """Tells where the calling peer's Manager is."""
        if peer.id == parts.own.peer_id:
            return Response()
        async with database.transaction() as connection:
            await peers.met(connection, peer, address, announced=True)
        if await errands.let_go(database, peer.id):
            parts.wake()
        return Response()

    @made.get("/peer", response_model=PeerInfo, responses=errors(400), operation_id="getPeerInfo")
    async def get_peer() -> Response:
        """Who is behind this Manager."""
        return json_answer(info)

    @made.get("/peers", response_model=Peers, responses=errors(400, 503), operation_id="getPeers")
    async def get_peers(query: Annotated[PeersQuery, Query()]) -> Response:
        """The peers that announced themselves or have contracts with us, by their ids."""
        found, pagination = await select_peers(database, query)
        return json_answer({"peers": [_shown(one) for one in found], "pagination": pagination.model_dump()})

    @made.get("/services", response_model=Services, responses=errors(400, 503), operation_id="getServices")
    async def get_services(query: Annotated[ServicesQuery, Query()]) -> Response:
        """The services with a valid publication grant, by their peers and names."""
        found, pagination = await published.page(query)
        return json_answer({"services": found, "pagination": pagination.model_dump()})

    @made.get(KEY_SET, response_model=Jwks, responses=errors(400, 503), operation_id="getJSONWebKeySet")
    async def get_key_set() -> Response:
        """The certificates with which we sign contracts and tokens."""
        return json_answer(await parts.key_set())

    return made


def _info(own: KnownPeer, *, logs: bool) -> dict[str, Any]:
    extensions = {"EXTENSION_DELEGATION": DELEGATION_VERSION}
    if logs:
        extensions["EXTENSION_TRANSACTION_LOGGING"] = LOGGING_VERSION
    return {
        "peer_id": own.peer_id,
        "peer_name": own.name,
        "fsc_version": FSC_VERSION,
        "enabled_extensions": extensions,
    }


async def select_peers(database: Database, query: PeersQuery) -> tuple[list[KnownPeer], Pagination]:
    """A page of peers; or those with some ids, for which the other parameters are ignored."""
    async with database.transaction() as connection:
        if query.peer_id:
            return await peers.by_id(connection, query.peer_id), Pagination()
        found, more = await peers.select(connection, asked(query), query.peer_name)
    return found, after(found, lambda last: last.peer_id, more=more)


def _shown(peer: KnownPeer) -> dict[str, str]:
    return {"id": peer.peer_id, "name": peer.name, "manager_address": peer.manager_address}
