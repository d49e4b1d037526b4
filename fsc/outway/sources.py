"""What an Outway asks of its peer's Manager and Controller."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from wegennet.fsc.api.controller import RegisterOutway
from wegennet.fsc.api.manager_internal import OutwayServices, OutwayServicesQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.outway.choice import Grants
    from wegennet.fsc.outway.generation import Generation
    from wegennet.fsc.service.client import ApiClient


class ManagerSource:
    """The internal API of the Manager."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def grants_of(self, key_thumbprint: str, names: Sequence[str]) -> Grants:
        """The grants of valid contracts that name the Outway with this key or one of these names."""
        query = OutwayServicesQuery(domain_name=list(names))
        answer = await self._api.get(f"/outways/{key_thumbprint}/services", OutwayServices, query=query)
        return {grant.grant_hash: grant for grant in answer.services}


class ControllerSource:
    """The Controller's registration API.

    Args:
        api: of the Controller.
        group_id: of the Group.
        name: of this Outway.
    """

    def __init__(self, api: ApiClient, *, group_id: str, name: str) -> None:
        self._api = api
        self._path = f"/groups/{quote(group_id, safe='')}/outways/{quote(name, safe='')}"

    async def register(self, generation: Generation) -> None:
        """Says that this Outway is there, by which key and names grants can name it."""
        await self._api.put(
            self._path,
            RegisterOutway(
                public_key_thumbprint=generation.key_thumbprint, domain_names=list(_exact(generation.names))
            ),
        )


def _exact(names: Sequence[str]) -> list[str]:
    """The names that a grant can hold: no wildcards, no IPv6 addresses."""
    return [name for name in names if "*" not in name and ":" not in name]
