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
from wegennet.fsc.trial.databases import Databases
from wegennet.fsc.trial.errors import Failure, Mistake
from wegennet.fsc.trial.loopback import Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network() as network:
        yield network


@pytest.fixture(scope="module")
def server(network: Network) -> Iterator[Databases]:
    with postgres.server(None, network.address(0, 2)) as server:
        yield server.databases


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
    assert Databases(administrator).answers()


def test_role_without_rights_gets_a_sentence(server: Databases) -> None:
    with pytest.raises(Mistake, match="CREATEROLE"):
        Databases(server.create("powerless")).create("anything")


def test_server_that_is_not_there_gets_a_sentence(network: Network) -> None:
    with pytest.raises(Failure, match="does not answer"):
        Databases(f"postgres://a:b@{network.address(0, 9)}:5432/c").create("anything")


def test_data_in_a_folder_outlives_the_server(network: Network, reachable: Path) -> None:
    folder, address = reachable / "pg", network.address(0, 3)
    with postgres.server(folder, address) as first, psycopg.connect(first.databases.create("kept")) as connection:
        connection.execute("CREATE TABLE kept (it int)")
    with postgres.server(folder, address) as second, psycopg.connect(second.databases.create("kept")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another user")
def test_folder_that_the_servers_user_cannot_enter_gets_a_sentence(network: Network, reachable: Path) -> None:
    closed = reachable / "closed"
    closed.mkdir(mode=0o700)
    with (
        pytest.raises(Mistake, match="may not enter"),
        postgres.server(closed / "pg", network.address(0, 4)),
    ):
        pass


def test_killed_server_has_what_was_committed_when_it_is_started_again(network: Network) -> None:
    with postgres.server(None, network.address(0, 6)) as server:
        dsn = server.databases.create("kept")
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept (it int)")
        server.child.kill()
        server.start()
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_killed_parent_leaves_no_server(network: Network) -> None:
    address = network.address(0, 5)
    program = f"""
import signal
from wegennet.fsc.trial import postgres
with postgres.server(None, {address!r}) as server:
    print(server.databases.create("kept"), flush=True)
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
