"""Rows of the database as the records of an answer (FSC Logging, OpenAPI `logRecord`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from wegennet.fsc.api.logging import DestinationType, Direction, SourceType

if TYPE_CHECKING:
    from wegennet.fsc.storage.database import Row
    from wegennet.fsc.txlog.reader import Page


def logs_json(page: Page) -> bytes:
    """A page as the JSON of `LogRecords`: written straight from the rows, of which there can be a thousand."""
    records = [_record(row) for row in page.rows]
    return orjson.dumps({"records": records, "pagination": {"next_cursor": page.next_cursor}})


def _record(row: Row) -> dict[str, Any]:
    data = row["additional_data"]
    return {
        "transaction_id": str(row["transaction_id"]),
        "direction": Direction.OUTGOING if row["outgoing"] else Direction.INCOMING,
        "grant_hash": row["grant_hash"],
        "source": _source(row),
        "destination": _destination(row),
        "service_name": row["service_name"],
        **({} if data is None else {"additional_data": orjson.Fragment(data)}),
        "created_at": row["created_at"],
    }


def _source(row: Row) -> dict[str, str]:
    peer, delegator = row["outway_peer_id"], row["source_delegator_peer_id"]
    if delegator is None:
        return {"type": SourceType.SOURCE, "outway_peer_id": peer}
    return {"type": SourceType.DELEGATED_SOURCE, "outway_peer_id": peer, "delegator_peer_id": delegator}


def _destination(row: Row) -> dict[str, str]:
    peer, delegator = row["service_peer_id"], row["destination_delegator_peer_id"]
    if delegator is None:
        return {"type": DestinationType.DESTINATION, "service_peer_id": peer}
    return {"type": DestinationType.DELEGATED_DESTINATION, "service_peer_id": peer, "delegator_peer_id": delegator}
