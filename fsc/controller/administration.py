"""The administration API (9444): which services a peer has, and which inways and outways there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from wegennet.fsc.api.common import Name  # noqa: TC001 (FastAPI reads the annotation)
from wegennet.fsc.api.controller import Inways, ListedServices, Outways, Service, ServiceSettings
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import router

if TYPE_CHECKING:
    from wegennet.fsc.controller.gateways import Gateways
    from wegennet.fsc.controller.services import Services as Catalogue


def routes(gateways: Gateways, catalogue: Catalogue) -> APIRouter:
    """The routes of one group."""
    made = router()

    @made.get("/inways", responses=errors(503))
    async def get_inways() -> Inways:
        """The inways that registered, by name, and when each was last seen."""
        return Inways(inways=await gateways.inways())

    @made.get("/outways", responses=errors(503))
    async def get_outways() -> Outways:
        """The outways that registered, by name, and when each was last seen."""
        return Outways(outways=await gateways.outways())

    @made.get("/services", responses=errors(503))
    async def get_services() -> ListedServices:
        """All services, by name."""
        return ListedServices(services=await catalogue.all())

    @made.post("/services", status_code=201, responses=errors(400, 409, 413, 503))
    async def add_service(body: Service) -> Service:
        """Adds a service. Its inway need not have registered yet: the list says whether it has."""
        return await catalogue.add(body)

    @made.get("/services/{name}", responses=errors(400, 404, 503))
    async def get_service(name: Name) -> Service:
        """One service."""
        return await catalogue.get(name)

    @made.put("/services/{name}", responses=errors(400, 413, 503))
    async def put_service(name: Name, body: ServiceSettings) -> Service:
        """Adds a service, or changes the one of this name."""
        return await catalogue.put(name, body)

    @made.delete("/services/{name}", status_code=204, response_class=Response, responses=errors(400, 404, 503))
    async def delete_service(name: Name) -> None:
        """Forgets a service; contracts about it stay, and requests by them are answered with 404."""
        await catalogue.delete(name)

    return made
