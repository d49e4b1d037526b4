"""A transaction log without its process, and records to write."""

from __future__ import annotations

import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry

from wegennet.fsc.api.logging import PeerLogsQuery, WrittenRecord
from wegennet.fsc.core.transactions import new_transaction_id
from wegennet.fsc.storage.database import Database
from wegennet.fsc.txlog.metrics import TxlogMetrics
from wegennet.fsc.txlog.reader import Page, Reader
from wegennet.fsc.txlog.writer import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

A, B, C, D = (f"000000990000000{number}0000" for number in range(1, 5))
NOW = 1_790_000_000
_numbers = count(1)


def record(**changes: Any) -> WrittenRecord:
    """A record of a request of A to B, with changes; ids grow from one to the next."""
    fields: dict[str, Any] = {
        "record_id": str(uuid.UUID(int=(NOW * 1000 << 80) | (7 << 76) | (2 << 62) | next(_numbers))),
        "transaction_id": new_transaction_id(),
        "direction": "DIRECTION_OUTGOING",
        "grant_hash": "$1$3$aaaa",
        "source": {"type": "SOURCE_TYPE_SOURCE", "outway_peer_id": A},
        "destination": {"type": "DESTINATION_TYPE_DESTINATION", "service_peer_id": B},
        "service_name": "parking",
        "created_at": NOW,
    }
    return WrittenRecord.model_validate({**fields, **changes})


def source(peer: str, delegator: str | None = None) -> dict[str, str]:
    """The source of a record."""
    if delegator is None:
        return {"type": "SOURCE_TYPE_SOURCE", "outway_peer_id": peer}
    return {"type": "SOURCE_TYPE_DELEGATED_SOURCE", "outway_peer_id": peer, "delegator_peer_id": delegator}


def destination(peer: str, delegator: str | None = None) -> dict[str, str]:
    """The destination of a record."""
    if delegator is None:
        return {"type": "DESTINATION_TYPE_DESTINATION", "service_peer_id": peer}
    return {"type": "DESTINATION_TYPE_DELEGATED_DESTINATION", "service_peer_id": peer, "delegator_peer_id": delegator}


@dataclass
class Log:
    """A log: writes and queries."""

    database: Database
    writer: Writer
    reader: Reader

    async def write(self, *records: WrittenRecord) -> None:
        """Writes records."""
        await self.writer.write(records)

    async def page(self, **query: Any) -> Page:
        """A page of a query."""
        return await self.reader.page(PeerLogsQuery.model_validate(query))

    async def ids(self, **query: Any) -> list[str]:
        """The ids of the records of a page."""
        return [str(row["record_id"]) for row in (await self.page(**query)).rows]


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Log]:
    """A log on a database."""
    database = Database(dsn)
    await database.open()
    try:
        yield Log(database, Writer(database, TxlogMetrics(CollectorRegistry())), Reader(database))
    finally:
        await database.close()
