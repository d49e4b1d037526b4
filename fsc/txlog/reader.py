"""Queries of records (FSC Logging, OpenAPI `getLogs`), a page at a time.

`after` and `before` are compared with `created_at`, the writer's time, and neither second itself is included. Of
`grant_hash` and `service_name` a record needs to match one value of either; every other filter must hold as well.
Pages go by the key (created_at, record_id) and never count rows from the start. Filters are on the few rows of
`parties`; for each that matches, an index gives the first keys, and only the page's records are then read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from psycopg import sql

from wegennet.fsc.api.common import SortOrder
from wegennet.fsc.txlog.cursor import Cursor, decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wegennet.fsc.api.logging import PeerLogsQuery
    from wegennet.fsc.storage.database import Database, Row

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

_PAGE: Final = sql.SQL("""
WITH page AS MATERIALIZED ({keys} ORDER BY created_at {order}, record_id {order} LIMIT %(rows)s)
SELECT records.*, parties.*
FROM page JOIN records USING (record_id) JOIN parties ON parties.parties_id = records.parties_id
ORDER BY records.created_at {order}, records.record_id {order}
""")
_ALL: Final = sql.SQL("SELECT created_at, record_id FROM records WHERE {when}")
_OF_PARTIES: Final = sql.SQL("""
SELECT found.created_at, found.record_id
FROM (SELECT parties_id FROM parties WHERE {who}) AS chosen
CROSS JOIN LATERAL (
    SELECT created_at, record_id FROM records
    WHERE records.parties_id = chosen.parties_id AND {when}
    ORDER BY created_at {order}, record_id {order} LIMIT %(rows)s
) AS found
""")
_OF_TRANSACTIONS: Final = sql.SQL("""
SELECT created_at, record_id FROM records JOIN parties USING (parties_id)
WHERE transaction_id = ANY(%(transactions)s) AND {who}
""")
_PEER: Final = sql.SQL(
    "%(peer)s IN (outway_peer_id, service_peer_id, source_delegator_peer_id, destination_delegator_peer_id)"
)
_NAMED: Final = sql.SQL("(grant_hash = ANY(%(grants)s) OR service_name = ANY(%(services)s))")
_ORDERS: Final = {SortOrder.ASCENDING: sql.SQL("ASC"), SortOrder.DESCENDING: sql.SQL("DESC")}
_BEYOND: Final = {
    SortOrder.ASCENDING: sql.SQL("(created_at, record_id) > (%(cursor_time)s, %(cursor_id)s)"),
    SortOrder.DESCENDING: sql.SQL("(created_at, record_id) < (%(cursor_time)s, %(cursor_id)s)"),
}


class Page(NamedTuple):
    """Rows of `records` with those of `parties`, and where the next page starts; empty after the last."""

    rows: list[Row]
    next_cursor: str


class Reader:
    """Queries a log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, query: PeerLogsQuery) -> Page:
        """The records that a query asks for.

        Raises:
            FscError: the cursor is wrong (INVALID_REQUEST).
        """
        if query.transaction_ids:
            return Page(await self._of_transactions(query), "")
        rows = await self._rows(_keys(query), query, _values(query))
        if len(rows) <= query.limit:
            return Page(rows, "")
        last = rows[query.limit - 1]
        return Page(rows[: query.limit], Cursor(last["created_at"], last["record_id"]).encoded())

    async def _of_transactions(self, query: PeerLogsQuery) -> list[Row]:
        """All records of these transactions; a text that is no UUID is the id of none."""
        known = [UUID(text) for text in query.transaction_ids if _UUID.fullmatch(text)]
        keys = _OF_TRANSACTIONS.format(who=_all_of(_who(query, named=False)))
        return await self._rows(keys, query, {"transactions": known, "peer": query.peer_id, "rows": None})

    async def _rows(self, keys: sql.Composed, query: PeerLogsQuery, values: dict[str, Any]) -> list[Row]:
        async with self._database.transaction() as connection:
            statement = _PAGE.format(keys=keys, order=_ORDERS[query.sort_order])
            return await (await connection.execute(statement, values)).fetchall()


def _keys(query: PeerLogsQuery) -> sql.Composed:
    """The keys of the records, at least as many as the page needs."""
    when = _all_of(_when(query))
    if not (who := _who(query, named=True)):
        return _ALL.format(when=when)
    return _OF_PARTIES.format(who=_all_of(who), when=when, order=_ORDERS[query.sort_order])


def _when(query: PeerLogsQuery) -> list[sql.SQL]:
    conditions = []
    if query.after is not None:
        conditions.append(sql.SQL("created_at > %(after)s"))
    if query.before is not None:
        conditions.append(sql.SQL("created_at < %(before)s"))
    if query.cursor:
        conditions.append(_BEYOND[query.sort_order])
    return conditions


def _who(query: PeerLogsQuery, *, named: bool) -> list[sql.SQL]:
    conditions = []
    if query.peer_id is not None:
        conditions.append(_PEER)
    if named and (query.grant_hash or query.service_name):
        conditions.append(_NAMED)
    return conditions


def _all_of(conditions: Iterable[sql.SQL]) -> sql.Composable:
    return sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true")


def _values(query: PeerLogsQuery) -> dict[str, Any]:
    cursor = decode(query.cursor) if query.cursor else Cursor(0, UUID(int=0))
    return {
        "rows": query.limit + 1,
        "after": query.after,
        "before": query.before,
        "cursor_time": cursor.created_at,
        "cursor_id": cursor.record_id,
        "peer": query.peer_id,
        "grants": query.grant_hash,
        "services": query.service_name,
    }
