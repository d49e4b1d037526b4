"""A transaction log on a database of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.component import Component, InternalPki
from support.txlog import Log, opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

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


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> InternalPki:
    """The internal certificates of a peer."""
    return InternalPki(tmp_path_factory.mktemp("internal"))


@pytest.fixture
def start(dsn: str, pki: InternalPki, tmp_path: Path) -> Iterator[Callable[..., Component]]:
    """Starts transaction logs; those that still run at the end of the test are killed."""
    started: list[Component] = []

    def begin(**variables: str) -> Component:
        given = {"STORAGE_POSTGRES_DSN": dsn, **pki.variables(), **variables}
        started.append(Component(["txlog-api", "serve"], given, ["LISTEN_ADDRESS"], tmp_path / f"log-{len(started)}"))
        started[-1].start()
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.kill()
