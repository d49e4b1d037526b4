"""The registration API (9443): inways and outways say that they are there, and ask what they offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response

from wegennet.fsc.api.common import Name  # noqa: TC001 (FastAPI reads the annotation)
from wegennet.fsc.api.controller import RegisterInway, RegisterOutway, Service, Services
from wegennet.fsc.controller.settings import GROUP_PATTERN
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import router

if TYPE_CHECKING:
    from wegennet.fsc.controller.gateways import Gateways
    from wegennet.fsc.controller.services import Services as Catalogue

# A group's id may hold slashes, which are the path's own when it comes here.
_GROUP = "/groups/{group:path}"
Group = Annotated[
    str, Path(description="The id of the group; a slash in it may be written as %2F.", pattern=GROUP_PATTERN)
]


def routes(group_id: str, gateways: Gateways, catalogue: Catalogue) -> APIRouter:
    """The routes of one group."""
    made = router()

    def check(group: str) -> None:
        if group != group_id:
            raise FscError(ErrorCode.INCORRECT_GROUP_ID, f"This Controller is of group {group_id}, not {group}.")

    @made.put(
        _GROUP + "/inways/{name}", status_code=204, response_class=Response, responses=errors(400, 404, 413, 422, 503)
    )
    async def register_inway(group: Group, name: Name, body: RegisterInway) -> None:
        """Registers an inway, or says that it is still there; at least once a minute."""
        check(group)
        await gateways.register_inway(name, body)

    @made.put(
        _GROUP + "/outways/{name}", status_code=204, response_class=Response, responses=errors(400, 404, 413, 422, 503)
    )
    async def register_outway(group: Group, name: Name, body: RegisterOutway) -> None:
        """Registers an outway, or says that it is still there; at least once a minute."""
        check(group)
        await gateways.register_outway(name, body)

    @made.get(_GROUP + "/services/{service}", responses=errors(400, 404, 422, 503))
    async def get_service(group: Group, service: Name) -> Service:
        """Where a service is."""
        check(group)
        return await catalogue.get(service)

    @made.get(_GROUP + "/inways/{name}/services", responses=errors(400, 404, 422, 503))
    async def get_services_of_inway(group: Group, name: Name) -> Services:
        """The services that an inway offers: those with its address."""
        check(group)
        return Services(services=await catalogue.of_inway(name))

    return made
