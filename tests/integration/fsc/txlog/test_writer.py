from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from support.txlog import A, B, C, Log, destination, opened, record, source

from wegennet.fsc.api.logging import LogRecords
from wegennet.fsc.txlog.answers import logs_json


def test_records_are_there_once_they_are_written(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one, other = record(), record()
        await log.write(one, other)
        assert sorted(await log.ids()) == sorted([one.record_id, other.record_id])

    run(scenario)


def test_a_record_that_is_written_again_is_there_once_and_unchanged(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record(service_name="first")
        await log.write(one)
        await log.write(one.model_copy(update={"service_name": "second"}), one)
        (row,) = (await log.page()).rows
        assert row["service_name"] == "first"

    run(scenario)


def test_a_record_twice_in_one_write_is_there_once(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record()
        await log.write(one, one)
        assert await log.ids() == [one.record_id]

    run(scenario)


def test_what_many_write_at_once_goes_in_few_commits(run: Any) -> None:
    async def scenario(log: Log) -> None:
        records = [record() for _ in range(300)]
        await asyncio.gather(*(log.write(one) for one in records))
        assert sorted(await log.ids(limit=1000)) == sorted(one.record_id for one in records)
        async with log.database.transaction() as connection:
            row = await (await connection.execute("SELECT count(DISTINCT xmin::text) AS n FROM records")).fetchone()
        assert row is not None
        assert row["n"] <= 10

    run(scenario)


def test_a_write_larger_than_one_commit_is_one_all_the_same(run: Any) -> None:
    async def scenario(log: Log) -> int:
        await log.write(*(record() for _ in range(7000)))
        async with log.database.transaction() as connection:
            row = await (await connection.execute("SELECT count(*) AS n FROM records")).fetchone()
        return row["n"] if row else 0

    assert run(scenario) == 7000


def test_what_records_of_a_grant_have_in_common_is_stored_once(run: Any) -> None:
    async def scenario(log: Log) -> int:
        await log.write(record(), record(), record(service_name="other"))
        await log.write(record())
        async with log.database.transaction() as connection:
            row = await (await connection.execute("SELECT count(*) AS n FROM parties")).fetchone()
        return row["n"] if row else 0

    assert run(scenario) == 2


def test_replicas_that_write_the_same_at_once_do_not_block_each_other(run: Any, dsn: str) -> None:
    async def scenario(log: Log) -> None:
        records = [record(grant_hash=f"$1$3${number}") for number in range(40)]
        async with opened(dsn) as other:
            for _ in range(5):
                await asyncio.gather(log.write(*records), other.write(*reversed(records)))
        assert len(await log.ids(limit=1000)) == 40

    run(scenario)


@pytest.mark.parametrize("data", [None, {}, {"a": [1, 2.5, "é", None]}, {"text": "\ud7ff", "large": 1e300}])
def test_additional_data_comes_back_as_it_was(run: Any, data: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record(**({} if data is None else {"additional_data": data}))
        await log.write(one)
        (answered,) = LogRecords.model_validate_json(logs_json(await log.page())).records
        assert answered.additional_data == data

    run(scenario)


def test_a_record_comes_back_with_all_its_fields(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record(source=source(A, C), destination=destination(B, A), direction="DIRECTION_INCOMING")
        await log.write(one)
        (answered,) = LogRecords.model_validate_json(logs_json(await log.page())).records
        assert answered.model_dump() == one.model_dump(exclude={"record_id"})

    run(scenario)


def test_the_longest_texts_are_stored(run: Any) -> None:
    async def scenario(log: Log) -> None:
        await log.write(record(grant_hash="\U0001f600" * 1024, service_name="\U0001f600" * 255))
        assert len(await log.ids(grant_hash=["\U0001f600" * 1024])) == 1

    run(scenario)


def test_all_who_wait_are_told_of_an_error(run: Any) -> None:
    async def scenario(log: Log) -> None:
        async with log.database.transaction() as connection:
            await connection.execute("ALTER TABLE records RENAME TO hidden")
        results = await asyncio.gather(*(log.write(record()) for _ in range(5)), return_exceptions=True)
        assert all(isinstance(result, psycopg.errors.UndefinedTable) for result in results)

    run(scenario)


def test_a_caller_that_gives_up_does_not_keep_others_from_writing(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record()
        leaving = [asyncio.create_task(log.write(record())) for _ in range(3)]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        await log.write(one)
        assert one.record_id in await log.ids()

    run(scenario)
