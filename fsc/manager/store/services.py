"""What valid contracts allow: services that are published, and services that an outway may connect to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql
from pydantic import TypeAdapter

from wegennet.fsc.core.contract import GrantData
from wegennet.fsc.manager.store.pages import Page, fitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wegennet.fsc.storage.database import Connection, Row

_ID: Final = 20
"""Characters of a peer's id."""

_GRANT: Final[TypeAdapter[GrantData]] = TypeAdapter(GrantData)


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant of a valid contract, and the last second of that contract."""

    content_hash: str
    grant_hash: str
    grant: GrantData
    not_after: int

    @property
    def cursor(self) -> str:
        """Where a published service stands in the list: its peer's id, then its name."""
        return self.grant.service.peer_id + self.grant.service.name


async def published(
    connection: Connection, at: int, page: Page, *, peer_id: str | None = None, service_name: str | None = None
) -> tuple[list[Granted], bool]:
    """A page of the services with a valid publication grant, by peer and name, and whether there are more.

    Each service is there once, by its newest contract.

    Args:
        connection: in a transaction.
        at: Unix seconds.
        page: part of the list; its cursor is `Granted.cursor`.
        peer_id: services of this peer, or
        service_name: services with this in their name, in any case; both: one of the two.
    """
    after_peer, after_name = (page.cursor[:_ID], page.cursor[_ID:]) if page.cursor else (None, None)
    cursor = await connection.execute(
        _PAGE[page.descending],
        {
            "at": at,
            "peer_id": peer_id,
            "service_name": service_name,
            "after_peer": after_peer,
            "after_name": after_name,
            "limit": page.rows,
        },
    )
    chosen, more = fitting(await cursor.fetchall(), page)
    cursor = await connection.execute(
        """
        SELECT g.content_hash, g.grant_hash, g.data, c.not_after
        FROM unnest(%s::text[], %s::int[]) WITH ORDINALITY AS wanted (content_hash, position, place)
        JOIN grants g USING (content_hash, position) JOIN contracts c USING (content_hash) ORDER BY place
        """,
        [[row["content_hash"] for row in chosen], [row["position"] for row in chosen]],
    )
    return _granted(await cursor.fetchall()), more


async def own_publications(connection: Connection, at: int, own_id: str) -> list[Granted]:
    """The grants by which a peer publishes its services, in every directory, by name and directory."""
    cursor = await connection.execute(
        """
        SELECT g.content_hash, g.grant_hash, g.data, c.not_after
        FROM grants g JOIN contracts c USING (content_hash) JOIN contract_states(%(at)s) s USING (content_hash)
        WHERE g.directory_peer_id IS NOT NULL AND g.service_peer_id = %(own_id)s AND s.state = 'CONTRACT_STATE_VALID'
        ORDER BY g.service_name, g.directory_peer_id, c.created_at, g.content_hash, g.position
        """,
        {"at": at, "own_id": own_id},
    )
    return _granted(await cursor.fetchall())


async def connections(
    connection: Connection, at: int, own_id: str, public_key_thumbprint: str, names: Sequence[str]
) -> list[Granted]:
    """The connection grants for an outway of ours, by its key or one of the names in its certificate, oldest first."""
    cursor = await connection.execute(
        """
        SELECT g.content_hash, g.grant_hash, g.data, c.not_after
        FROM grants g JOIN contracts c USING (content_hash) JOIN contract_states(%(at)s) s USING (content_hash)
        WHERE g.outway_peer_id = %(own_id)s AND s.state = 'CONTRACT_STATE_VALID'
          AND (g.public_key_thumbprint = %(thumbprint)s OR g.domain_name = ANY(%(names)s)
               OR regexp_replace(g.domain_name, '^[^.]+(?=[.].+[.])', '*') = ANY(%(names)s))
        ORDER BY c.created_at, g.content_hash, g.position
        """,
        {"at": at, "own_id": own_id, "thumbprint": public_key_thumbprint, "names": [name.lower() for name in names]},
    )
    return _granted(await cursor.fetchall())


# In the order of the index, so that a page looks at its own services only.
_PUBLISHED: Final = """
SELECT g.content_hash, g.position, octet_length(g.data) AS size
FROM grants g JOIN contracts c USING (content_hash) JOIN contract_states(%(at)s) s USING (content_hash)
WHERE g.directory_peer_id IS NOT NULL AND s.state = 'CONTRACT_STATE_VALID'
  AND ((%(peer_id)s::text IS NULL AND %(service_name)s::text IS NULL) OR g.service_peer_id = %(peer_id)s
       OR strpos(lower(g.service_name), lower(%(service_name)s)) > 0)
  AND (%(after_peer)s::text IS NULL OR (g.service_peer_id, g.service_name) {past} (%(after_peer)s, %(after_name)s))
  AND NOT EXISTS (
    SELECT FROM grants h JOIN contracts d USING (content_hash) JOIN contract_states(%(at)s) t USING (content_hash)
    WHERE h.directory_peer_id IS NOT NULL AND t.state = 'CONTRACT_STATE_VALID'
      AND h.service_peer_id = g.service_peer_id AND h.service_name = g.service_name
      AND (d.created_at, h.content_hash, h.position) > (c.created_at, g.content_hash, g.position))
ORDER BY g.service_peer_id {order}, g.service_name {order} LIMIT %(limit)s
"""
_PAGE: Final = {
    True: sql.SQL(_PUBLISHED).format(past=sql.SQL("<"), order=sql.SQL("DESC")),
    False: sql.SQL(_PUBLISHED).format(past=sql.SQL(">"), order=sql.SQL("ASC")),
}


def _granted(rows: Iterable[Row]) -> list[Granted]:
    return [
        Granted(
            row["content_hash"], row["grant_hash"], _GRANT.validate_python(json.loads(row["data"])), row["not_after"]
        )
        for row in rows
    ]
