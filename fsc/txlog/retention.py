"""Deletes records whose retention is over, in small batches, by one replica at a time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from wegennet.fsc.storage.database import Database
    from wegennet.fsc.txlog.metrics import TxlogMetrics

log = structlog.get_logger(__name__)

_LOCK: Final = 0x6673635F7265746E  # any number, the same in every replica: "fsc_retn"
_BATCH: Final = 2000
_BETWEEN_BATCHES: Final = 0.1
_BETWEEN_ROUNDS: Final = 300.0

_DELETE: Final = """
DELETE FROM records WHERE record_id = ANY(ARRAY(
    SELECT record_id FROM records WHERE created_at < %s ORDER BY created_at, record_id LIMIT %s
))
"""


class Retention:
    """Keeps records for a time from their `created_at`, and then deletes them.

    Args:
        database: the log.
        keep: how long.
        metrics: what is counted.
        clock: Unix seconds.
    """

    def __init__(
        self, database: Database, keep: timedelta, metrics: TxlogMetrics, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._keep = keep
        self._metrics = metrics
        self._clock = clock

    async def run(self) -> None:
        """Deletes for ever."""
        while True:
            if deleted := await self.delete_all():
                log.info("deleted records after their retention", records=deleted)
            await asyncio.sleep(_BETWEEN_ROUNDS)

    async def delete_all(self) -> int:
        """Deletes all that is due, with pauses for others; gives how many records that were."""
        total = 0
        while deleted := await self.delete_batch():
            total += deleted
            if deleted < _BATCH:
                break
            await asyncio.sleep(_BETWEEN_BATCHES)
        return total

    async def delete_batch(self) -> int:
        """Deletes one batch; gives its size, 0 also when another replica is at it."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s) AS ours", [_LOCK])
            row = await cursor.fetchone()
            if row is None or not row["ours"]:
                return 0
            before = int(self._clock() - self._keep.total_seconds())
            deleted = (await connection.execute(_DELETE, [before, _BATCH])).rowcount
        self._metrics.deleted(deleted)
        return deleted
