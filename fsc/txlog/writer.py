"""Writes records durably, and many requests' worth of them in one commit.

A commit costs a wait for the disk whatever its size. So while one is under way, all records that come in wait and go
together into the next.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson

from wegennet.fsc.api.logging import Direction
from wegennet.fsc.txlog.parties import parties_of, store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.api.logging import WrittenRecord
    from wegennet.fsc.storage.database import Database
    from wegennet.fsc.txlog.metrics import TxlogMetrics

_LARGEST_COMMIT: Final = 5000
_AT_ONCE: Final = 2

# One statement, so one exchange with the server. It writes nothing and says so when the parties of a record are not
# stored yet. Their numbers are looked up each time: one that a process remembers would outlive a database that is
# restored. A record that is there was written by an earlier try of the same request. The order is the same everywhere,
# so that two commits with the same records do not block each other for ever.
_INSERT: Final = """
WITH given AS (
    SELECT given.*, parties_id
    FROM unnest(%s::bigint[], %s::uuid[], %s::uuid[], %s::bytea[], %s::boolean[], %s::text[])
         AS given (created_at, record_id, transaction_id, digest, outgoing, additional_data)
    LEFT JOIN parties USING (digest)
), written AS (
    INSERT INTO records (created_at, record_id, transaction_id, parties_id, outgoing, additional_data)
    SELECT created_at, record_id, transaction_id, parties_id, outgoing, additional_data FROM given
    WHERE NOT EXISTS (SELECT FROM given WHERE parties_id IS NULL)
    ORDER BY record_id
    ON CONFLICT (record_id) DO NOTHING
)
SELECT count(*) AS missing FROM given WHERE parties_id IS NULL
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
        records = [record for some, _ in taken for record in some]
        try:
            await self._insert(records)
        except Exception as error:  # noqa: BLE001 (each caller gets it)
            _settle(taken, error)
        else:
            self._metrics.written(len(records))
            _settle(taken, None)

    async def _insert(self, records: list[WrittenRecord]) -> None:
        parties = [parties_of(record) for record in records]
        digests = {one: one.digest for one in set(parties)}
        columns = _columns(records, [digests[one] for one in parties])
        while not await self._written(columns):
            async with self._database.transaction() as connection:
                await store(connection, {digest: one for one, digest in digests.items()})

    async def _written(self, columns: list[list[Any]]) -> bool:
        """Writes all records, or none while parties of them are missing."""
        async with self._database.statements() as connection:
            row = await (await connection.execute(_INSERT, columns)).fetchone()
        return row is not None and row["missing"] == 0


def _columns(records: list[WrittenRecord], digests: list[bytes]) -> list[list[Any]]:
    return [
        [record.created_at for record in records],
        [record.record_id for record in records],
        [record.transaction_id for record in records],
        digests,
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
