"""What all records of one grant have in common: grant, service and peers; stored once, under a number."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from wegennet.fsc.api.logging import DelegatedDestination, DelegatedSource, LogRecord

if TYPE_CHECKING:
    from collections.abc import Collection

    from wegennet.fsc.storage.database import Connection

_FIND: Final = "SELECT digest, parties_id FROM parties WHERE digest = ANY(%s)"
# The empty update gives the number also of a row that another replica stored just now.
_INSERT: Final = """
INSERT INTO parties (digest, grant_hash, service_name, outway_peer_id, source_delegator_peer_id,
                     service_peer_id, destination_delegator_peer_id)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest
RETURNING parties_id
"""


class Parties(NamedTuple):
    """Who and what a grant is about."""

    grant_hash: str
    service_name: str
    outway_peer_id: str
    source_delegator_peer_id: str | None
    service_peer_id: str
    destination_delegator_peer_id: str | None

    @property
    def digest(self) -> bytes:
        """SHA-256 of the fields: the same for the same parties, whatever their lengths."""
        return hashlib.sha256(orjson.dumps(list(self))).digest()


def parties_of(record: LogRecord) -> Parties:
    """The parties of a record."""
    source, destination = record.source, record.destination
    return Parties(
        record.grant_hash,
        record.service_name,
        source.outway_peer_id,
        source.delegator_peer_id if isinstance(source, DelegatedSource) else None,
        destination.service_peer_id,
        destination.delegator_peer_id if isinstance(destination, DelegatedDestination) else None,
    )


async def numbers(connection: Connection, wanted: Collection[Parties]) -> dict[Parties, int]:
    """The number of each, stored now where it is new.

    They are asked for each time: a number that a process remembers would outlive a database that is restored.
    """
    digests = {parties.digest: parties for parties in wanted}
    rows = await (await connection.execute(_FIND, [list(digests)])).fetchall()
    found = {row["digest"]: int(row["parties_id"]) for row in rows}
    # In one order everywhere, so that two replicas that store the same new ones do not block each other for ever.
    for digest in sorted(digests.keys() - found.keys()):
        found[digest] = await _insert(connection, digest, digests[digest])
    return {digests[digest]: number for digest, number in found.items()}


async def _insert(connection: Connection, digest: bytes, parties: Parties) -> int:
    cursor = await connection.execute(_INSERT, [digest, *parties])
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 (an upsert gives a row)
    return int(row["parties_id"])
