"""A transaction log on a database of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.txlog import Log, opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.postgres import Postgres


@pytest.fixture
def dsn(postgres: Postgres) -> str:
    """An empty log."""
    return postgres.fresh_database("wegennet.fsc.txlog")


@pytest.fixture
def run(dsn: str) -> Callable[[Callable[[Log], Awaitable[Any]]], Any]:
    """Runs a scenario with a log."""

    async def live(scenario: Callable[[Log], Awaitable[Any]]) -> Any:
        async with opened(dsn) as log:
            return await scenario(log)

    return lambda scenario: asyncio.run(live(scenario))
