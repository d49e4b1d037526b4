"""What all records of one grant have in common: grant, service and peers; stored once, under a number."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from wegennet.fsc.api.logging import DelegatedDestination, DelegatedSource, LogRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wegennet.fsc.storage.database import Connection

_INSERT: Final = """
INSERT INTO parties (digest, grant_hash, service_name, outway_peer_id, source_delegator_peer_id,
                     service_peer_id, destination_delegator_peer_id)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (digest) DO NOTHING
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


async def store(connection: Connection, new: Mapping[bytes, Parties]) -> None:
    """Stores those that are not there yet, by their digests."""
    # In one order everywhere, so that two replicas that store the same do not block each other for ever.
    for digest in sorted(new):
        await connection.execute(_INSERT, [digest, *new[digest]])
