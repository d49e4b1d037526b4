"""A transaction log on a database of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.component import Component, Components, InternalPki, empty
from support.txlog import Log, opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from support.postgres import Postgres

PACKAGE = "wegennet.fsc.txlog"


@pytest.fixture
def dsn(postgres: Postgres) -> str:
    """An empty log."""
    return postgres.fresh_database(PACKAGE)


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
def start(dsn: str, pki: InternalPki, tmp_path: Path) -> Iterator[Components]:
    """Starts transaction logs on the database of the test."""
    with logs(dsn, pki, tmp_path) as starting:
        yield starting


@pytest.fixture(scope="session")
def shared(
    postgres: Postgres, pki: InternalPki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Component, str]]:
    """One transaction log for all tests that need no other, and its database."""
    dsn = postgres.fresh_database(PACKAGE)
    with logs(dsn, pki, tmp_path_factory.mktemp("txlog")) as starting:
        one = starting()
        one.until_ready()
        yield one, dsn


@pytest.fixture
def txlog(shared: tuple[Component, str]) -> Component:
    """A transaction log without records."""
    one, dsn = shared
    empty(dsn, "records", "parties")
    return one


def logs(dsn: str, pki: InternalPki, folder: Path) -> Components:
    variables = {"STORAGE_POSTGRES_DSN": dsn, **pki.variables()}
    return Components(["txlog-api", "serve"], ["LISTEN_ADDRESS"], variables, folder)
