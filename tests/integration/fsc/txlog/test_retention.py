from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry
from support.txlog import NOW, Log, opened, record
from support.waiting import eventually

from wegennet.fsc.txlog import retention as retention_module
from wegennet.fsc.txlog.metrics import TxlogMetrics
from wegennet.fsc.txlog.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from support.component import Component, InternalPki


def retention(log: Log) -> Retention:
    return Retention(log.database, timedelta(hours=1), TxlogMetrics(CollectorRegistry()), lambda: NOW)


def test_records_are_deleted_after_their_retention_and_not_before(run: Any) -> None:
    async def scenario(log: Log) -> None:
        old, kept, new = record(created_at=NOW - 3601), record(created_at=NOW - 3600), record(created_at=NOW)
        await log.write(old, kept, new)
        assert await retention(log).delete_all() == 1
        assert await log.ids() == [new.record_id, kept.record_id]

    run(scenario)


def test_deletion_goes_in_batches_until_all_is_gone(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_module, "_BATCH", 4)
    monkeypatch.setattr(retention_module, "_BETWEEN_BATCHES", 0)

    async def scenario(log: Log) -> None:
        await log.write(*(record(created_at=NOW - 9999) for _ in range(10)))
        assert await retention(log).delete_batch() == 4
        assert await retention(log).delete_all() == 6

    run(scenario)


def test_only_one_replica_deletes(run: Any, dsn: str) -> None:
    async def scenario(log: Log) -> None:
        await log.write(record(created_at=NOW - 9999))
        async with opened(dsn) as other, other.database.transaction() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [retention_module._LOCK])
            assert await retention(log).delete_all() == 0
        assert await retention(log).delete_all() == 1

    run(scenario)


def test_the_process_deletes_what_is_due(start: Callable[..., Component], pki: InternalPki, run: Any) -> None:
    async def fill(log: Log) -> None:
        await log.write(record(created_at=NOW - 10**6))

    async def count(log: Log) -> int:
        return len(await log.ids())

    run(fill)
    start(TX_LOG_RETENTION="24h").until_ready()
    eventually(lambda: run(count) == 0)
