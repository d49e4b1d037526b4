from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
from support.waiting import eventually

from wegennet.fsc.trial import postgres
from wegennet.fsc.trial.errors import Failure, Mistake
from wegennet.fsc.trial.loopback import Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wegennet.fsc.trial.databases import Databases


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network() as network:
        yield network


@pytest.fixture(scope="module")
def server(network: Network) -> Iterator[Databases]:
    with postgres.databases(address=network.address(0, 2)) as server:
        yield server


def test_component_gets_a_database_of_its_own(server: Databases) -> None:
    with psycopg.connect(server.create("manager_own")) as connection:
        connection.execute("CREATE TABLE kept (it int)")


def test_component_cannot_enter_the_database_of_another(server: Databases) -> None:
    mine, _ = server.create("manager_mine"), server.create("manager_other")
    with pytest.raises(psycopg.OperationalError, match="CONNECT privilege"):
        psycopg.connect(mine.removesuffix("manager_mine") + "manager_other")


def test_database_that_exists_keeps_its_data(server: Databases) -> None:
    with psycopg.connect(server.create("again")) as connection:
        connection.execute("CREATE TABLE kept (it int)")
    with psycopg.connect(server.create("again")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_dropped_database_is_gone(server: Databases) -> None:
    dsn = server.create("short_lived")
    server.drop("short_lived")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)


def test_dsn_of_a_server_that_runs_is_used(server: Databases) -> None:
    administrator = server.create("administrator")
    with postgres.databases(administrator) as again:
        assert again.answers()


def test_role_without_rights_gets_a_sentence(server: Databases) -> None:
    with postgres.databases(server.create("powerless")) as again, pytest.raises(Mistake, match="CREATEROLE"):
        again.create("anything")


def test_server_that_is_not_there_gets_a_sentence(network: Network) -> None:
    nobody = f"postgres://a:b@{network.address(0, 9)}:5432/c"
    with postgres.databases(nobody) as absent, pytest.raises(Failure, match="does not answer"):
        absent.create("anything")


def test_data_in_a_folder_outlives_the_server(network: Network, reachable: Path) -> None:
    where = {"folder": reachable / "pg", "address": network.address(0, 3)}
    with postgres.databases(**where) as first, psycopg.connect(first.create("kept")) as connection:
        connection.execute("CREATE TABLE kept (it int)")
    with postgres.databases(**where) as second, psycopg.connect(second.create("kept")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another user")
def test_folder_that_the_servers_user_cannot_enter_gets_a_sentence(network: Network, reachable: Path) -> None:
    closed = reachable / "closed"
    closed.mkdir(mode=0o700)
    with (
        pytest.raises(Mistake, match="may not enter"),
        postgres.databases(folder=closed / "pg", address=network.address(0, 4)),
    ):
        pass


def test_killed_parent_leaves_no_server(network: Network) -> None:
    address = network.address(0, 5)
    program = f"""
import signal
from wegennet.fsc.trial import postgres
with postgres.databases(address={address!r}) as server:
    print(server.create("kept"), flush=True)
    signal.pause()
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    dsn = parent.stdout.readline().strip()
    with psycopg.connect(dsn):
        pass
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    eventually(lambda: not _answers(dsn))


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
