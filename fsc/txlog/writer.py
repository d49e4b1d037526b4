"""Writes records durably, and many requests' worth of them in one commit.

A commit costs a wait for the disk whatever its size. So while one is under way, all records that come in wait and go
together into the next.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import orjson

from wegennet.fsc.api.logging import Direction
from wegennet.fsc.txlog.parties import numbers, parties_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.api.logging import WrittenRecord
    from wegennet.fsc.storage.database import Database
    from wegennet.fsc.txlog.metrics import TxlogMetrics

_LARGEST_COMMIT: Final = 5000
_AT_ONCE: Final = 2

# A record that is there was written by an earlier try of the same request.
_INSERT: Final = """
INSERT INTO records (created_at, record_id, transaction_id, parties_id, outgoing, additional_data)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::uuid[], %s::integer[], %s::boolean[], %s::text[])
ON CONFLICT (record_id) DO NOTHING
"""

_Waiting = tuple["Sequence[WrittenRecord]", "asyncio.Future[None]"]


class Writer:
    """Writes records of many callers.

    Args:
        database: where to.
        metrics: what is counted.
    """

    def __init__(self, database: Database, metrics: TxlogMetrics) -> None:
        self._database = database
        self._metrics = metrics
        self._waiting: list[_Waiting] = []
        self._commits: set[asyncio.Task[None]] = set()

    async def write(self, records: Sequence[WrittenRecord]) -> None:
        """Returns once all records are committed; a caller that gives up does not take them back.

        Raises:
            DatabaseUnavailableError: they may be written or not; writing them again is harmless.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((records, done))
        self._begin()
        await done

    def _begin(self) -> None:
        """Begins a commit of what waits, unless enough of them are under way: their ends begin the next."""
        if self._waiting and len(self._commits) < _AT_ONCE:
            task = asyncio.create_task(self._commit(self._take()))
            self._commits.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._commits.discard(task)
        self._begin()

    def _take(self) -> list[_Waiting]:
        """The callers that came first, as many as go into one commit."""
        count = size = 0
        for records, _ in self._waiting:
            size += len(records)
            if count and size > _LARGEST_COMMIT:
                break
            count += 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    async def _commit(self, taken: list[_Waiting]) -> None:
        # In one order everywhere, so that two commits with the same records do not block each other for ever.
        records = sorted((record for some, _ in taken for record in some), key=lambda record: record.record_id.lower())
        try:
            await self._insert(records)
        except Exception as error:  # noqa: BLE001 (each caller gets it)
            _settle(taken, error)
        else:
            self._metrics.written(len(records))
            _settle(taken, None)

    async def _insert(self, records: list[WrittenRecord]) -> None:
        parties = [parties_of(record) for record in records]
        async with self._database.transaction() as connection:
            stored = await numbers(connection, set(parties))
            await connection.execute(_INSERT, _columns(records, [stored[one] for one in parties]))


def _columns(records: list[WrittenRecord], parties: list[int]) -> list[list[object]]:
    return [
        [record.created_at for record in records],
        [record.record_id for record in records],
        [record.transaction_id for record in records],
        list(parties),
        [record.direction is Direction.OUTGOING for record in records],
        [None if (data := record.additional_data) is None else orjson.dumps(data).decode() for record in records],
    ]


def _settle(taken: list[_Waiting], error: Exception | None) -> None:
    """Tells the callers who still wait."""
    for _, done in taken:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
