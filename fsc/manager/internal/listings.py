"""Peers, services and log records for our own people and components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Response

from wegennet.fsc.api.common import Pagination
from wegennet.fsc.api.logging import LogRecords, LogsQuery
from wegennet.fsc.api.manager import Jwks, Peer, Peers, PeersQuery, Services, ServicesQuery
from wegennet.fsc.api.manager_internal import OutwayServices, OutwayServicesQuery, Publications
from wegennet.fsc.core.contract import PeerId, PublicKeyThumbprint  # noqa: TC001
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.manager.answers import json_answer
from wegennet.fsc.manager.external.listings import KEY_SET, select_peers
from wegennet.fsc.manager.internal.shown import publication
from wegennet.fsc.service.client import CallError
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wegennet.fsc.manager.parts import Parts
    from wegennet.fsc.manager.published import Published


def routes(parts: Parts) -> APIRouter:
    """`/services/publications`, `/peers`, `/peers/{id}/services`, `/outways/{thumbprint}/services` and `/logs`."""
    made = router()
    directory, published = parts.directory, parts.published
    _add_publications(made, published)

    @made.get("/peers", response_model=Peers, responses=errors(400, 503))
    async def list_peers(query: Annotated[PeersQuery, Query()]) -> Peers:
        """The peers that we know, by their ids."""
        found, pagination = await select_peers(parts.database, query)
        listed = [Peer(id=one.peer_id, name=one.name, manager_address=one.manager_address) for one in found]
        return Peers(peers=listed, pagination=pagination)

    @made.get("/peers/{peer_id}/services", response_model=Services, responses=errors(400, 502, 503))
    async def list_services(peer_id: PeerId) -> Response:
        """The services of a peer, by the Directory."""
        if directory.is_own:
            listed, _ = await published.page(ServicesQuery(peer_id=peer_id, limit=1000))
            return json_answer({"services": listed, "pagination": Pagination().model_dump()})
        try:
            found = await directory.manager.services(peer_id)
        except CallError as error:
            raise FscError(ErrorCode.UNAVAILABLE, f"The Directory doesn't answer: {error}", status=502) from error
        services = [{"type": each.type, "data": each.model_dump(mode="json", exclude_unset=True)} for each in found]
        return json_answer({"services": services, "pagination": Pagination().model_dump()})

    @made.get("/outways/{public_key_thumbprint}/services", response_model=OutwayServices, responses=errors(400, 503))
    async def list_outway_services(
        public_key_thumbprint: PublicKeyThumbprint, query: Annotated[OutwayServicesQuery, Query()]
    ) -> OutwayServices:
        """The services that an Outway with this key, or these names in its certificate, may connect to."""
        return OutwayServices(services=await parts.for_outways.of(public_key_thumbprint, query.domain_name))

    @made.get("/logs", response_model=LogRecords, responses=errors(400, 503))
    async def list_logs(query: Annotated[LogsQuery, Query()]) -> LogRecords:
        """The records of our transaction log."""
        return await parts.transactions.own(query)

    return made


def unauthenticated_routes(published: Published, key_set: Callable[[], Awaitable[dict[str, Any]]]) -> APIRouter:
    """What needs no certificate (9444): our key set, and the services that we publish."""
    made = router()
    _add_publications(made, published)

    @made.get(KEY_SET, response_model=Jwks, responses=errors(503))
    async def get_key_set() -> Response:
        """The certificates with which we sign."""
        return json_answer(await key_set())

    return made


def _add_publications(made: APIRouter, published: Published) -> None:
    @made.get("/services/publications", response_model=Publications, responses=errors(503))
    async def list_publications() -> Publications:
        """The services that we publish, each with its Directory."""
        return Publications(publications=[publication(one) for one in await published.own_publications()])
