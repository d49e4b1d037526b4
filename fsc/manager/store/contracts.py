"""Contracts with their signatures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
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
from wegennet.fsc.core.hashes import content_hash, grant_hash
from wegennet.fsc.core.signatures import Signature, SignatureType
from wegennet.fsc.core.state import ContractState, state
from wegennet.fsc.manager.store.pages import Page, fitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wegennet.fsc.core.contract import Content, GrantData, GrantType
    from wegennet.fsc.storage.database import Connection, Row


@dataclass(frozen=True)
class Contract:
    """A contract as this peer knows it.

    Attributes:
        content_hash: of its content.
        text: its content as canonical JSON.
        signatures: at most one for each peer and type.
    """

    content_hash: str
    text: str
    signatures: tuple[Signature, ...]

    @cached_property
    def content(self) -> Content:
        """Its content."""
        return parse_content(json.loads(self.text))

    def state(self, now: int) -> ContractState:
        """Its state at a moment in Unix seconds."""
        return state(self.content, self.signatures, now)

    def signature(self, peer_id: str, signature_type: SignatureType) -> Signature | None:
        """The signature of a peer, if it is known."""
        of_peer = (one for one in self.signatures if (one.peer_id, one.type) == (peer_id, signature_type))
        return next(of_peer, None)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A contract ready to be stored: with all that takes time, for which no transaction should wait.

    Attributes:
        content: of the contract.
        content_hash: of it.
        text: the canonical JSON that this is the hash of.
        grants: for each grant, its columns in the table.
    """

    content: Content
    content_hash: str
    text: str
    grants: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which contracts; what is None doesn't matter. `at` is the moment of the state, in Unix seconds."""

    party: str | None = None
    grant_type: GrantType | None = None
    content_hashes: Sequence[str] | None = None
    grant_hashes: Sequence[str] | None = None
    state: ContractState | None = None
    at: int = 0


def prepare(content: Content) -> Prepared:
    """Makes a contract ready to be stored."""
    of_content = content_hash(content)
    grants = [
        {
            **_columns(grant.data),
            "content_hash": of_content,
            "position": position,
            "grant_hash": grant_hash(of_content, grant),
            "data": ijson.canonical(grant.data.model_dump(mode="json", exclude_unset=True)).decode(),
        }
        for position, grant in enumerate(content.grants)
    ]
    return Prepared(content, of_content, ijson.canonical(content.as_json()).decode(), grants)


async def insert(connection: Connection, prepared: Prepared) -> bool:
    """Stores a contract without signatures; gives whether it is new.

    Raises:
        FscError: another contract has its iv.
    """
    content = prepared.content
    cursor = await connection.execute(
        """
        INSERT INTO contracts (content_hash, iv, content, not_before, not_after, created_at)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        [
            prepared.content_hash,
            content.iv,
            prepared.text,
            content.validity.not_before,
            content.validity.not_after,
            content.created_at,
        ],
    )
    if cursor.rowcount == 0:
        await _check_known(connection, prepared.content_hash)
        return False
    await connection.execute(
        "INSERT INTO parties (content_hash, peer_id) SELECT %s, unnest(%s::text[])",
        [prepared.content_hash, list(content.peers())],
    )
    async with connection.cursor() as grants:
        await grants.executemany(_INSERT_GRANT, prepared.grants)
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
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM contracts c WHERE c.content_hash = %s",  # noqa: S608 (a constant)
        [content_hash],
    )
    row = await cursor.fetchone()
    return None if row is None else _contract(row)


async def granting(connection: Connection, grant_hash: str) -> tuple[Contract, GrantData] | None:
    """The contract with a grant, and that grant."""
    cursor = await connection.execute(
        f"""
        SELECT {_COLUMNS}, g.position FROM grants g JOIN contracts c USING (content_hash)
        WHERE g.grant_hash = %s LIMIT 1
        """,  # noqa: S608
        [grant_hash],
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    contract = _contract(row)
    return contract, contract.content.grants[row["position"]].data


async def lock(connection: Connection, content_hash: str) -> None:
    """Keeps other transactions from deciding on this contract until ours ends."""
    await connection.execute("SELECT FROM contracts WHERE content_hash = %s FOR NO KEY UPDATE", [content_hash])


async def select(connection: Connection, only: Filter, page: Page) -> tuple[list[Contract], bool]:
    """A page of contracts by the date of their creation, and whether there are more; the cursor is a content hash."""
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
            "limit": page.rows,
        },
    )
    chosen, more = fitting(await cursor.fetchall(), page)
    hashes = [row["content_hash"] for row in chosen]
    cursor = await connection.execute(
        f"""
        SELECT {_COLUMNS}
        FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (content_hash, place) JOIN contracts c USING (content_hash)
        ORDER BY place
        """,  # noqa: S608
        [hashes],
    )
    return [_contract(row) for row in await cursor.fetchall()], more


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


_COLUMNS: Final = """
    c.content_hash, c.content, (
        SELECT coalesce(json_agg(s ORDER BY s.peer_id, s.type), '[]') FROM (
            SELECT jws, peer_id, type, signed_at, content_hash, thumbprint, expires_at FROM signatures
            WHERE signatures.content_hash = c.content_hash) AS s) AS signatures"""
"""A contract with its signatures, in one statement."""

_CONTRACTS: Final = """
SELECT c.content_hash, octet_length(c.content) AS size FROM contracts c
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
_INSERT_GRANT: Final = """
INSERT INTO grants (content_hash, position, grant_hash, type, service_peer_id, service_name,
    directory_peer_id, outway_peer_id, public_key_thumbprint, domain_name, data)
VALUES (%(content_hash)s, %(position)s, %(grant_hash)s, %(type)s, %(service_peer_id)s, %(service_name)s,
    %(directory_peer_id)s, %(outway_peer_id)s, %(public_key_thumbprint)s, %(domain_name)s, %(data)s)
"""


async def _check_known(connection: Connection, content_hash: str) -> None:
    """A contract that could not be inserted is there already, or its iv is another one's."""
    cursor = await connection.execute("SELECT FROM contracts WHERE content_hash = %s", [content_hash])
    if await cursor.fetchone() is None:
        raise FscError(
            ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH,
            "Another contract has this iv; make a new UUID for each contract.",
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


def _contract(row: Row) -> Contract:
    signatures = (Signature(**{**each, "type": SignatureType(each["type"])}) for each in row["signatures"])
    return Contract(row["content_hash"], row["content"], tuple(signatures))


def _listed(values: Iterable[str] | None) -> list[str] | None:
    return None if values is None else list(values)
