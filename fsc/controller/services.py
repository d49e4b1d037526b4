"""The services that a peer has: where each is, and by which inway it is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.api.controller import ListedService, Service
from wegennet.fsc.controller.gateways import normal_address
from wegennet.fsc.core.errors import ErrorCode, FscError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.api.controller import ServiceSettings
    from wegennet.fsc.storage.database import Database, Row

_ADD: Final = """
INSERT INTO services (group_id, name, endpoint_url, inway_address) VALUES (%s, %s, %s, %s)
ON CONFLICT (group_id, name) DO NOTHING
RETURNING name, endpoint_url, inway_address
"""
_PUT: Final = """
INSERT INTO services (group_id, name, endpoint_url, inway_address) VALUES (%s, %s, %s, %s)
ON CONFLICT (group_id, name) DO UPDATE SET endpoint_url = excluded.endpoint_url, inway_address = excluded.inway_address
RETURNING name, endpoint_url, inway_address
"""
_DELETE: Final = "DELETE FROM services WHERE group_id = %s AND name = %s RETURNING name"
_ONE: Final = "SELECT name, endpoint_url, inway_address FROM services WHERE group_id = %s AND name = %s"
_ALL: Final = """
SELECT name, endpoint_url, inway_address, EXISTS (
    SELECT FROM inways WHERE inways.group_id = services.group_id AND inways.address = services.inway_address
) AS inway_registered
FROM services WHERE group_id = %s ORDER BY name
"""
_INWAY: Final = "SELECT address FROM inways WHERE group_id = %s AND name = %s"
_OF_INWAY: Final = """
SELECT name, endpoint_url, inway_address FROM services WHERE group_id = %s AND inway_address = %s ORDER BY name
"""


class Services:
    """The services of a peer in a group."""

    def __init__(self, database: Database, group_id: str) -> None:
        self._database = database
        self._group_id = group_id

    async def add(self, service: Service) -> Service:
        """Stores a new service.

        Raises:
            FscError: its name is taken (CONFLICT).
        """
        rows = await self._rows(_ADD, _values(service.name, service))
        if not rows:
            raise FscError(
                ErrorCode.CONFLICT,
                f"There is a service {service.name} already; change it with PUT /v1/services/{service.name}.",
            )
        return Service.model_validate(rows[0])

    async def put(self, name: str, settings: ServiceSettings) -> Service:
        """Stores a service, new or in place of the one of this name."""
        rows = await self._rows(_PUT, _values(name, settings))
        return Service.model_validate(rows[0])

    async def delete(self, name: str) -> None:
        """Forgets a service.

        Raises:
            FscError: there is none of this name (NOT_FOUND).
        """
        if not await self._rows(_DELETE, [name]):
            raise _unknown(name)

    async def get(self, name: str) -> Service:
        """The service of a name.

        Raises:
            FscError: there is none (NOT_FOUND).
        """
        rows = await self._rows(_ONE, [name])
        if not rows:
            raise _unknown(name)
        return Service.model_validate(rows[0])

    async def all(self) -> list[ListedService]:
        """All services, by name."""
        return [ListedService.model_validate(row) for row in await self._rows(_ALL, [])]

    async def of_inway(self, name: str) -> list[Service]:
        """The services that are offered by an inway, by name.

        Raises:
            FscError: no inway of this name registered (NOT_FOUND).
        """
        inways = await self._rows(_INWAY, [name])
        if not inways:
            raise FscError(ErrorCode.NOT_FOUND, f"No inway {name} has registered.")
        return [Service.model_validate(row) for row in await self._rows(_OF_INWAY, [inways[0]["address"]])]

    async def _rows(self, statement: str, values: Sequence[str]) -> list[Row]:
        async with self._database.transaction() as connection:
            return await (await connection.execute(statement, [self._group_id, *values])).fetchall()


def _values(name: str, settings: ServiceSettings) -> list[str]:
    return [name, settings.endpoint_url, normal_address(settings.inway_address)]


def _unknown(name: str) -> FscError:
    return FscError(ErrorCode.NOT_FOUND, f"There is no service {name}.")
