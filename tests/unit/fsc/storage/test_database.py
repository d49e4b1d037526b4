from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
import pytest
from structlog.testing import capture_logs
from support.postgres import Postgres
from support.waiting import eventually

from wegennet.fsc.storage.database import Database
from wegennet.fsc.storage.errors import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def opened(dsn: str, **options: float) -> AsyncIterator[Database]:
    database = Database(dsn, **options)  # type: ignore[arg-type]
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def count(database: Database) -> int:
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT count(*) AS n FROM things")
        row = await cursor.fetchone()
        assert row is not None
        return int(row["n"])


async def create(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("CREATE TABLE things (id int)")


async def insert(database: Database, then: Exception | None = None) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO things VALUES (1)")
        if then:
            raise then


async def answered(database: Database) -> None:
    """Waits until the database answers again; each try waits for a connection."""
    async with asyncio.timeout(20):
        while True:
            with suppress(DatabaseUnavailableError):
                return await database.ping()


async def setting(database: Database, name: str) -> str:
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT current_setting(%s) AS value", [name])
        row = await cursor.fetchone()
        assert row is not None
        return str(row["value"])


def test_a_transaction_is_committed_at_its_end(postgres: Postgres) -> None:
    async def run() -> int:
        async with opened(postgres.fresh_database()) as database:
            await create(database)
            await insert(database)
            return await count(database)

    assert asyncio.run(run()) == 1


def test_an_exception_rolls_the_transaction_back(postgres: Postgres) -> None:
    async def run() -> int:
        async with opened(postgres.fresh_database()) as database:
            await create(database)
            with pytest.raises(KeyError):
                await insert(database, then=KeyError())
            return await count(database)

    assert asyncio.run(run()) == 0


def test_commits_are_durable_also_where_the_server_says_otherwise(postgres: Postgres) -> None:
    async def run() -> str:
        dsn = postgres.fresh_database()
        with psycopg.connect(dsn, autocommit=True) as administrator:
            administrator.execute("ALTER ROLE postgres SET synchronous_commit = off")
        try:
            async with opened(dsn) as database:
                return await setting(database, "synchronous_commit")
        finally:
            with psycopg.connect(dsn, autocommit=True) as administrator:
                administrator.execute("ALTER ROLE postgres RESET synchronous_commit")

    assert asyncio.run(run()) == "on"


def test_a_statement_has_an_end(postgres: Postgres) -> None:
    async def run() -> str:
        async with opened(postgres.fresh_database()) as database:
            return await setting(database, "statement_timeout")

    assert asyncio.run(run()) == "30s"


def test_opening_waits_for_the_server_and_says_so() -> None:
    async def run(server: Postgres) -> None:
        database = Database(server.dsn())
        with capture_logs() as logs:
            opening = asyncio.create_task(database.open())
            await asyncio.to_thread(eventually, lambda: logs)
            assert "waiting for the database" in {entry["event"] for entry in logs}
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(20):
                await opening
        await database.ping()
        await database.close()

    with Postgres() as server:
        server.kill()
        asyncio.run(run(server))


def test_a_restart_of_the_server_is_survived_and_an_outage_named() -> None:
    async def run(server: Postgres) -> None:
        async with opened(server.fresh_database(), connections=3, patience=1.0) as database:
            await create(database)
            server.kill()
            with pytest.raises(DatabaseUnavailableError):
                await insert(database)
            await asyncio.to_thread(server.start)
            await answered(database)
            await insert(database)
            assert await count(database) == 1

    with Postgres() as server:
        asyncio.run(run(server))


def test_no_free_connection_is_an_error_in_time(postgres: Postgres) -> None:
    async def run() -> None:
        async with opened(postgres.fresh_database(), connections=1, patience=0.05) as database, database.transaction():
            with pytest.raises(DatabaseUnavailableError, match="no connection in time"):
                await database.ping()

    asyncio.run(run())


def test_an_error_of_the_statement_stays_what_it_is(postgres: Postgres) -> None:
    async def run() -> None:
        async with opened(postgres.fresh_database()) as database:
            with pytest.raises(psycopg.errors.UndefinedTable):
                await insert(database)

    asyncio.run(run())
