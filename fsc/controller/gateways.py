"""Inways and outways as they registered themselves; doing so again is how they say that they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.api.controller import Inway, Outway

if TYPE_CHECKING:
    from wegennet.fsc.api.controller import RegisterInway, RegisterOutway
    from wegennet.fsc.storage.database import Database, Row

_PUT_INWAY: Final = """
INSERT INTO inways (group_id, name, address) VALUES (%s, %s, %s)
ON CONFLICT (group_id, name) DO UPDATE SET address = excluded.address, last_seen_at = now()
"""
_PUT_OUTWAY: Final = """
INSERT INTO outways (group_id, name, public_key_thumbprint, domain_names) VALUES (%s, %s, %s, %s)
ON CONFLICT (group_id, name) DO UPDATE SET public_key_thumbprint = excluded.public_key_thumbprint,
    domain_names = excluded.domain_names, last_seen_at = now()
"""
_INWAYS: Final = """
SELECT name, address, extract(epoch FROM last_seen_at)::bigint AS last_seen_at
FROM inways WHERE group_id = %s ORDER BY name
"""
_OUTWAYS: Final = """
SELECT name, public_key_thumbprint, domain_names, extract(epoch FROM last_seen_at)::bigint AS last_seen_at
FROM outways WHERE group_id = %s ORDER BY name
"""


class Gateways:
    """The inways and outways of a group."""

    def __init__(self, database: Database, group_id: str) -> None:
        self._database = database
        self._group_id = group_id

    async def register_inway(self, name: str, inway: RegisterInway) -> None:
        """Stores an inway, or that it was seen again."""
        await self._execute(_PUT_INWAY, [name, normal_address(inway.address)])

    async def register_outway(self, name: str, outway: RegisterOutway) -> None:
        """Stores an outway, or that it was seen again."""
        await self._execute(_PUT_OUTWAY, [name, outway.public_key_thumbprint, list(outway.domain_names)])

    async def inways(self) -> list[Inway]:
        """All inways, by name."""
        return [Inway.model_validate(row) for row in await self._rows(_INWAYS)]

    async def outways(self) -> list[Outway]:
        """All outways, by name."""
        return [Outway.model_validate(row) for row in await self._rows(_OUTWAYS)]

    async def _execute(self, statement: str, values: list[object]) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(statement, [self._group_id, *values])

    async def _rows(self, statement: str) -> list[Row]:
        async with self._database.transaction() as connection:
            return await (await connection.execute(statement, [self._group_id])).fetchall()


def normal_address(address: str) -> str:
    """An address as it is compared: the same with and without a slash at its end, in any case."""
    return address.rstrip("/").lower()
