"""What valid contracts allow: services that are published, and services that an outway may connect to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from wegennet.fsc.core.contract import parse_content

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.core.contract import GrantData
    from wegennet.fsc.manager.store.contracts import Page
    from wegennet.fsc.storage.database import Connection


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
) -> list[Granted]:
    """The services with a valid publication grant, by peer and name; each once, by its newest contract.

    Args:
        connection: in a transaction.
        at: Unix seconds.
        page: part of the list; its cursor is `Granted.cursor`.
        peer_id: services of this peer, or
        service_name: services with this in their name, in any case; both: one of the two.
    """
    cursor = await connection.execute(
        _PAGE[page.descending],
        {"at": at, "peer_id": peer_id, "service_name": service_name, "cursor": page.cursor, "limit": page.limit},
    )
    return [_granted(row) for row in await cursor.fetchall()]


async def own_publications(connection: Connection, at: int, own_id: str) -> list[Granted]:
    """The grants by which a peer publishes its services, in every directory, by name and directory."""
    cursor = await connection.execute(
        """
        SELECT g.content_hash, g.grant_hash, g.position, c.content, c.not_after
        FROM grants g JOIN contracts c USING (content_hash) JOIN contract_states(%(at)s) s USING (content_hash)
        WHERE g.directory_peer_id IS NOT NULL AND g.service_peer_id = %(own_id)s AND s.state = 'CONTRACT_STATE_VALID'
        ORDER BY g.service_name, g.directory_peer_id, c.created_at, g.content_hash, g.position
        """,
        {"at": at, "own_id": own_id},
    )
    return [_granted(row) for row in await cursor.fetchall()]


async def connections(
    connection: Connection, at: int, own_id: str, public_key_thumbprint: str, names: Sequence[str]
) -> list[Granted]:
    """The connection grants for an outway of ours, by its key or one of the names in its certificate, oldest first."""
    cursor = await connection.execute(
        """
        SELECT g.content_hash, g.grant_hash, g.position, c.content, c.not_after
        FROM grants g JOIN contracts c USING (content_hash) JOIN contract_states(%(at)s) s USING (content_hash)
        WHERE g.outway_peer_id = %(own_id)s AND s.state = 'CONTRACT_STATE_VALID'
          AND (g.public_key_thumbprint = %(thumbprint)s OR g.domain_name = ANY(%(names)s)
               OR regexp_replace(g.domain_name, '^[^.]+(?=[.].+[.])', '*') = ANY(%(names)s))
        ORDER BY c.created_at, g.content_hash, g.position
        """,
        {"at": at, "own_id": own_id, "thumbprint": public_key_thumbprint, "names": [name.lower() for name in names]},
    )
    return [_granted(row) for row in await cursor.fetchall()]


_PUBLISHED: Final = """
SELECT content_hash, grant_hash, position, content, not_after FROM (
    SELECT DISTINCT ON (g.service_peer_id, g.service_name)
        g.content_hash, g.grant_hash, g.position, c.content, c.not_after, g.service_peer_id, g.service_name,
        g.service_peer_id || g.service_name AS cursor
    FROM grants g JOIN contracts c USING (content_hash) JOIN contract_states(%(at)s) s USING (content_hash)
    WHERE g.directory_peer_id IS NOT NULL AND s.state = 'CONTRACT_STATE_VALID'
      AND ((%(peer_id)s::text IS NULL AND %(service_name)s::text IS NULL) OR g.service_peer_id = %(peer_id)s
           OR strpos(lower(g.service_name), lower(%(service_name)s)) > 0)
    ORDER BY g.service_peer_id, g.service_name, c.created_at DESC, g.content_hash, g.position) AS newest
WHERE %(cursor)s::text IS NULL OR cursor {past} %(cursor)s
ORDER BY cursor {order} LIMIT %(limit)s
"""
_PAGE: Final = {
    True: sql.SQL(_PUBLISHED).format(past=sql.SQL("<"), order=sql.SQL("DESC")),
    False: sql.SQL(_PUBLISHED).format(past=sql.SQL(">"), order=sql.SQL("ASC")),
}


def _granted(row: dict[str, Any]) -> Granted:
    content = parse_content(json.loads(row["content"]))
    return Granted(row["content_hash"], row["grant_hash"], content.grants[row["position"]].data, row["not_after"])
