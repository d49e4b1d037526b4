"""A Controller as a real process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.component import Answer, Component, Components, InternalPki, empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.postgres import Postgres

PACKAGE = "wegennet.fsc.controller"
GROUP = "fsc/test.group"


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> InternalPki:
    """The internal certificates of a peer."""
    return InternalPki(tmp_path_factory.mktemp("internal"))


@pytest.fixture
def start(postgres: Postgres, pki: InternalPki, tmp_path: Path) -> Iterator[Components]:
    """Starts Controllers on one database."""
    with controllers(postgres.fresh_database(PACKAGE), pki, tmp_path) as starting:
        yield starting


@pytest.fixture(scope="session")
def shared(
    postgres: Postgres, pki: InternalPki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Component, str]]:
    """One Controller for all tests that need no other, and its database."""
    dsn = postgres.fresh_database(PACKAGE)
    with controllers(dsn, pki, tmp_path_factory.mktemp("controller")) as starting:
        one = starting()
        one.until_ready()
        yield one, dsn


@pytest.fixture
def controller(shared: tuple[Component, str]) -> Component:
    """A Controller that knows nothing yet."""
    one, dsn = shared
    empty(dsn, "services", "inways", "outways")
    return one


@pytest.fixture
def administer(controller: Component, pki: InternalPki) -> Callable[..., Answer]:
    """Calls the administration API."""
    return caller(controller, pki, "LISTEN_ADDRESS_ADMINISTRATION_API")


@pytest.fixture
def register(controller: Component, pki: InternalPki) -> Callable[..., Answer]:
    """Calls the registration API; paths are below the group."""
    call = caller(controller, pki, "LISTEN_ADDRESS_REGISTRATION_API")
    return lambda method, path, body=None, group="fsc%2Ftest.group": call(method, f"/groups/{group}{path}", body)


def controllers(dsn: str, pki: InternalPki, folder: Path) -> Components:
    listeners = ["LISTEN_ADDRESS_REGISTRATION_API", "LISTEN_ADDRESS_ADMINISTRATION_API"]
    variables = {"STORAGE_POSTGRES_DSN": dsn, "GROUP_ID": GROUP, **pki.variables()}
    return Components(["controller", "serve"], listeners, variables, folder)


def caller(controller: Component, pki: InternalPki, listener: str) -> Callable[..., Answer]:
    context = pki.context(pki.client)

    def call(method: str, path: str, body: Any = None) -> Answer:
        return controller.call(listener, context, method, f"/v1{path}", body)

    return call
