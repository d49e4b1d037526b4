"""The peers of the group that we know: who announced themselves, and with whom we have contracts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wegennet.fsc.core.identity import Peer
    from wegennet.fsc.manager.store.pages import Page
    from wegennet.fsc.storage.database import Connection


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """A peer and where its Manager is (`https://host:port`)."""

    peer_id: str
    name: str
    manager_address: str


async def met(connection: Connection, peer: Peer, address: str, *, announced: bool = False) -> None:
    """Keeps what a peer says of itself, under its own certificate."""
    await connection.execute(
        """
        INSERT INTO peers (peer_id, name, manager_address, announced_at)
        VALUES (%(id)s, %(name)s, %(address)s, CASE WHEN %(announced)s THEN now() END)
        ON CONFLICT (peer_id) DO UPDATE
        SET name = excluded.name, manager_address = excluded.manager_address, updated_at = now(),
            announced_at = coalesce(excluded.announced_at, peers.announced_at)
        WHERE %(announced)s OR (peers.name, peers.manager_address) <> (excluded.name, excluded.manager_address)
        """,
        {"id": peer.id, "name": peer.name, "address": address, "announced": announced},
    )


async def heard_of(connection: Connection, peer: KnownPeer) -> None:
    """Keeps what a Directory says of a peer of whom we know nothing yet."""
    await connection.execute(
        "INSERT INTO peers (peer_id, name, manager_address) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [peer.peer_id, peer.name, peer.manager_address],
    )


async def told(connection: Connection, peer_id: str, address: str, own_address: str) -> None:
    """Notes that a peer answered at an address, and has been told where our Manager is."""
    await connection.execute(
        """
        UPDATE peers SET manager_address = %(address)s, told_address = %(own)s, updated_at = now()
        WHERE peer_id = %(id)s AND (manager_address, told_address) IS DISTINCT FROM (%(address)s, %(own)s)
        """,
        {"address": address, "own": own_address, "id": peer_id},
    )


async def to_tell(connection: Connection, own_address: str) -> list[KnownPeer]:
    """The peers that know another address of ours than this."""
    cursor = await connection.execute(
        "SELECT peer_id, name, manager_address FROM peers WHERE told_address <> %s ORDER BY peer_id", [own_address]
    )
    return [KnownPeer(**row) for row in await cursor.fetchall()]


async def get(connection: Connection, peer_id: str) -> KnownPeer | None:
    """A peer by its id."""
    found = await by_id(connection, [peer_id])
    return found[0] if found else None


async def by_id(connection: Connection, peer_ids: Iterable[str]) -> list[KnownPeer]:
    """The peers among these ids that are known."""
    cursor = await connection.execute(
        "SELECT peer_id, name, manager_address FROM peers WHERE peer_id = ANY(%s) ORDER BY peer_id", [list(peer_ids)]
    )
    return [KnownPeer(**row) for row in await cursor.fetchall()]


async def select(connection: Connection, page: Page, name: str | None = None) -> tuple[list[KnownPeer], bool]:
    """A page of peers by their ids, with a part of their name in any case, and whether there are more.

    The cursor is an id.
    """
    cursor = await connection.execute(_PAGE[page.descending], {"name": name, "cursor": page.cursor, "limit": page.rows})
    found = [KnownPeer(**row) for row in await cursor.fetchall()]
    return found[: page.limit], len(found) > len(found[: page.limit])


_PEERS: Final = """
SELECT peer_id, name, manager_address FROM peers
WHERE (%(name)s::text IS NULL OR strpos(lower(name), lower(%(name)s)) > 0)
  AND (%(cursor)s::text IS NULL OR peer_id {past} %(cursor)s)
ORDER BY peer_id {order} LIMIT %(limit)s
"""
_PAGE: Final = {
    True: sql.SQL(_PEERS).format(past=sql.SQL("<"), order=sql.SQL("DESC")),
    False: sql.SQL(_PEERS).format(past=sql.SQL(">"), order=sql.SQL("ASC")),
}
