from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from wegennet.fsc.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.postgres import Postgres

T = TypeVar("T")


@pytest.fixture
def with_database(postgres: Postgres) -> Callable[[Callable[[Database], Awaitable[Any]]], Any]:
    """Runs a test's coroutine on a database with the Manager's tables."""
    dsn = postgres.fresh_database("wegennet.fsc.manager")

    async def opened(test: Callable[[Database], Awaitable[T]]) -> T:
        database = Database(dsn)
        await database.open()
        try:
            return await test(database)
        finally:
            await database.close()

    return lambda test: asyncio.run(opened(test))
