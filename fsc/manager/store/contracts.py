"""Contracts with their signatures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from wegennet.fsc.core import ijson
from wegennet.fsc.core.contract import (
    DelegatedServicePublication,
    OutwayByDomainName,
    OutwayByPublicKey,
    ServicePublication,
    parse_content,
)
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.hashes import grant_hashes
from wegennet.fsc.core.signatures import Signature, SignatureType
from wegennet.fsc.core.state import ContractState, state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wegennet.fsc.core.contract import Content, GrantData, GrantType
    from wegennet.fsc.storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as this peer knows it: `signatures` has at most one for each peer and type."""

    content_hash: str
    content: Content
    signatures: tuple[Signature, ...]

    def state(self, now: int) -> ContractState:
        """Its state at a moment in Unix seconds."""
        return state(self.content, self.signatures, now)

    def signature(self, peer_id: str, signature_type: SignatureType) -> Signature | None:
        """The signature of a peer, if it is known."""
        of_peer = (one for one in self.signatures if (one.peer_id, one.type) == (peer_id, signature_type))
        return next(of_peer, None)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which contracts; what is None doesn't matter. `at` is the moment of the state, in Unix seconds."""

    party: str | None = None
    grant_type: GrantType | None = None
    content_hashes: Sequence[str] | None = None
    grant_hashes: Sequence[str] | None = None
    state: ContractState | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: `limit` entries (all when None) after the one that `cursor` names."""

    cursor: str | None = None
    limit: int | None = None
    descending: bool = True


WHOLE: Final = Page()
"""The whole list."""


async def insert(connection: Connection, content_hash: str, content: Content) -> bool:
    """Stores the content of a contract; gives whether it is new.

    Raises:
        FscError: another contract has its iv.
    """
    cursor = await connection.execute(
        """
        INSERT INTO contracts (content_hash, iv, content, not_before, not_after, created_at)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        [
            content_hash,
            content.iv,
            ijson.canonical(content.as_json()).decode(),
            content.validity.not_before,
            content.validity.not_after,
            content.created_at,
        ],
    )
    if cursor.rowcount == 0:
        await _check_known(connection, content_hash)
        return False
    await _insert_parties(connection, content_hash, content)
    await _insert_grants(connection, content_hash, content)
    return True


async def put_signature(connection: Connection, signature: Signature) -> bool:
    """Stores a verified signature, unless the one that is there lasts longer; gives whether it is stored now.

    Its contract and its certificate are stored already. The order is that of `core.state.preferred`.
    """
    cursor = await connection.execute(
        """
        INSERT INTO signatures (content_hash, peer_id, type, jws, signed_at, thumbprint, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (content_hash, peer_id, type) DO UPDATE
        SET jws = excluded.jws, signed_at = excluded.signed_at, thumbprint = excluded.thumbprint,
            expires_at = excluded.expires_at, stored_at = now()
        WHERE (excluded.expires_at, excluded.signed_at, excluded.jws COLLATE "C")
            > (signatures.expires_at, signatures.signed_at, signatures.jws COLLATE "C")
        """,
        [
            signature.content_hash,
            signature.peer_id,
            signature.type,
            signature.jws,
            signature.signed_at,
            signature.thumbprint,
            signature.expires_at,
        ],
    )
    return cursor.rowcount > 0


async def get(connection: Connection, content_hash: str) -> Contract | None:
    """The contract with a content hash."""
    found = await select(connection, Filter(content_hashes=[content_hash]), Page())
    return found[0] if found else None


async def lock(connection: Connection, content_hash: str) -> None:
    """Keeps other transactions from deciding on this contract until ours ends."""
    await connection.execute("SELECT FROM contracts WHERE content_hash = %s FOR NO KEY UPDATE", [content_hash])


async def select(connection: Connection, only: Filter, page: Page) -> list[Contract]:
    """Contracts by the date of their creation. The cursor is the content hash of the last one before."""
    cursor = await connection.execute(
        _PAGE[page.descending],
        {
            "party": only.party,
            "grant_type": only.grant_type,
            "content_hashes": _listed(only.content_hashes),
            "grant_hashes": _listed(only.grant_hashes),
            "state": only.state,
            "at": only.at,
            "cursor": page.cursor,
            "limit": page.limit,
        },
    )
    return await _with_signatures(connection, await cursor.fetchall())


async def states(connection: Connection, at: int) -> dict[ContractState, int]:
    """How many contracts are in each state."""
    cursor = await connection.execute("SELECT state, count(*) AS number FROM contract_states(%s) GROUP BY state", [at])
    counted = {row["state"]: row["number"] for row in await cursor.fetchall()}
    return {each: counted.get(each, 0) for each in ContractState}


async def signed_until(connection: Connection, own_id: str, before: int, at: int) -> list[tuple[str, SignatureType]]:
    """Our signatures, by content hash and type, whose certificates end before a moment and that are still needed.

    Those are our accepts of contracts that are proposed or valid, and our rejects and revokes that not everybody has.
    """
    cursor = await connection.execute(
        """
        SELECT s.content_hash, s.type FROM signatures s JOIN contract_states(%(at)s) c USING (content_hash)
        WHERE s.peer_id = %(own_id)s AND s.expires_at < %(before)s AND CASE s.type
            WHEN 'accept' THEN c.state IN ('CONTRACT_STATE_PROPOSED', 'CONTRACT_STATE_VALID')
            ELSE EXISTS (SELECT FROM errands e WHERE e.content_hash = s.content_hash AND e.done_at IS NULL
                         AND e.action = 'submit_' || s.type || '_signature') END
        ORDER BY s.expires_at, s.content_hash
        """,
        {"own_id": own_id, "before": before, "at": at},
    )
    return [(row["content_hash"], SignatureType(row["type"])) for row in await cursor.fetchall()]


_CONTRACTS: Final = """
SELECT c.content_hash, c.content FROM contracts c
WHERE (%(party)s::text IS NULL OR EXISTS (
        SELECT FROM parties p WHERE p.content_hash = c.content_hash AND p.peer_id = %(party)s))
  AND (%(grant_type)s::text IS NULL OR EXISTS (
        SELECT FROM grants g WHERE g.content_hash = c.content_hash AND g.type = %(grant_type)s))
  AND (%(content_hashes)s::text[] IS NULL OR c.content_hash = ANY(%(content_hashes)s))
  AND (%(grant_hashes)s::text[] IS NULL OR c.content_hash IN (
        SELECT g.content_hash FROM grants g WHERE g.grant_hash = ANY(%(grant_hashes)s)))
  AND (%(state)s::text IS NULL OR EXISTS (
        SELECT FROM contract_states(%(at)s) s WHERE s.content_hash = c.content_hash AND s.state = %(state)s))
  AND (%(cursor)s::text IS NULL OR (c.created_at, c.content_hash) {past} (
        SELECT l.created_at, l.content_hash FROM contracts l WHERE l.content_hash = %(cursor)s))
ORDER BY c.created_at {order}, c.content_hash {order} LIMIT %(limit)s
"""
_PAGE: Final = {
    True: sql.SQL(_CONTRACTS).format(past=sql.SQL("<"), order=sql.SQL("DESC")),
    False: sql.SQL(_CONTRACTS).format(past=sql.SQL(">"), order=sql.SQL("ASC")),
}


async def _check_known(connection: Connection, content_hash: str) -> None:
    """A contract that could not be inserted is there already, or its iv is another one's."""
    cursor = await connection.execute("SELECT FROM contracts WHERE content_hash = %s", [content_hash])
    if await cursor.fetchone() is None:
        raise FscError(
            ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH,
            "Another contract has this iv; make a new UUID for each contract.",
        )


async def _insert_parties(connection: Connection, content_hash: str, content: Content) -> None:
    await connection.execute(
        "INSERT INTO parties (content_hash, peer_id) SELECT %s, unnest(%s::text[])",
        [content_hash, list(content.peers())],
    )


async def _insert_grants(connection: Connection, content_hash: str, content: Content) -> None:
    hashes = grant_hashes(content)
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO grants (content_hash, position, grant_hash, type, service_peer_id, service_name,
                directory_peer_id, outway_peer_id, public_key_thumbprint, domain_name)
            VALUES (%(content_hash)s, %(position)s, %(grant_hash)s, %(type)s, %(service_peer_id)s, %(service_name)s,
                %(directory_peer_id)s, %(outway_peer_id)s, %(public_key_thumbprint)s, %(domain_name)s)
            """,
            [
                {
                    "content_hash": content_hash,
                    "position": position,
                    "grant_hash": hashes[position],
                    **_columns(grant.data),
                }
                for position, grant in enumerate(content.grants)
            ],
        )


def _columns(grant: GrantData) -> dict[str, Any]:
    """What a grant is looked up by."""
    columns = dict.fromkeys(("directory_peer_id", "outway_peer_id", "public_key_thumbprint", "domain_name"))
    columns |= {"type": grant.type, "service_peer_id": grant.service.peer_id, "service_name": grant.service.name}
    if isinstance(grant, ServicePublication | DelegatedServicePublication):
        return {**columns, "directory_peer_id": grant.directory.peer_id}
    match grant.outway.identification:
        case OutwayByPublicKey(public_key_thumbprint=thumbprint):
            columns["public_key_thumbprint"] = thumbprint
        case OutwayByDomainName(domain_name=name):
            columns["domain_name"] = name.lower()
    return {**columns, "outway_peer_id": grant.outway.peer_id}


async def _with_signatures(connection: Connection, rows: Iterable[Row]) -> list[Contract]:
    contents = {row["content_hash"]: row["content"] for row in rows}
    signatures: dict[str, list[Signature]] = {content_hash: [] for content_hash in contents}
    cursor = await connection.execute(
        """
        SELECT jws, peer_id, type, signed_at, content_hash, thumbprint, expires_at FROM signatures
        WHERE content_hash = ANY(%s) ORDER BY peer_id, type
        """,
        [list(contents)],
    )
    for row in await cursor.fetchall():
        signatures[row["content_hash"]].append(Signature(**{**row, "type": SignatureType(row["type"])}))
    return [
        Contract(content_hash, parse_content(json.loads(content)), tuple(signatures[content_hash]))
        for content_hash, content in contents.items()
    ]


def _listed(values: Iterable[str] | None) -> list[str] | None:
    return None if values is None else list(values)
