from __future__ import annotations

import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
from support.component import Component, InternalPki, free_port
from support.postgres import Postgres
from support.txlog import record
from support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable


def write(txlog: Component, pki: InternalPki, one: Any) -> int:
    body = {"records": [one.model_dump(mode="json")]}
    return txlog.call("LISTEN_ADDRESS", pki.context(pki.client), "POST", "/v1/logs", body).status


def events(txlog: Component) -> set[str]:
    return {event["event"] for event in txlog.events()}


def waits_for_a_lock(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        return bool(connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall())


def migrate(dsn: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wegennet.fsc", "txlog-api", "migrate", "up", *options]
    environment = {"STORAGE_POSTGRES_DSN": dsn, "LOG_TYPE": "local"} if dsn else {}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_sigterm_ends_it_in_good_order(start: Callable[..., Component]) -> None:
    txlog = start()
    txlog.until_ready()
    assert txlog.terminate() == 0
    assert [event["event"] for event in txlog.events()][-2:] == ["stopping", "stopped"]


def test_a_request_under_way_is_answered_before_it_ends(
    start: Callable[..., Component], dsn: str, pki: InternalPki
) -> None:
    txlog, one = start(), record()
    txlog.until_ready()
    with ThreadPoolExecutor(1) as thread, psycopg.connect(dsn) as connection:
        connection.execute("LOCK TABLE records IN EXCLUSIVE MODE")
        answer = thread.submit(write, txlog, pki, one)
        eventually(lambda: waits_for_a_lock(dsn))
        txlog.process.send_signal(signal.SIGTERM)
        eventually(lambda: "stopping" in events(txlog))
        connection.commit()
        assert answer.result() == 201
    assert txlog.process.wait(30) == 0


def test_it_serves_on_for_the_delay_and_says_that_it_is_not_ready(
    start: Callable[..., Component], pki: InternalPki
) -> None:
    txlog = start(SHUTDOWN_DELAY="10m")
    txlog.until_ready()
    txlog.process.send_signal(signal.SIGTERM)
    eventually(lambda: txlog.monitoring("/health/ready").status == 503)
    assert write(txlog, pki, record()) == 201


def test_a_second_signal_ends_it_at_once(start: Callable[..., Component]) -> None:
    txlog = start(SHUTDOWN_DELAY="10m")
    txlog.until_ready()
    txlog.process.send_signal(signal.SIGTERM)
    eventually(lambda: "stopping" in events(txlog))
    assert txlog.terminate() == -signal.SIGTERM


def test_it_says_what_it_waits_for_and_starts_when_the_database_does(
    start: Callable[..., Component], pki: InternalPki
) -> None:
    with Postgres() as server:
        dsn = server.fresh_database("wegennet.fsc.txlog")
        server.kill()
        txlog = start(STORAGE_POSTGRES_DSN=dsn)
        eventually(lambda: "waiting for the database" in events(txlog), within=30)
        assert txlog.monitoring("/health/live").status == 200
        assert txlog.monitoring("/health/ready").body["checks"] == {"serving": "starting or stopping"}
        server.start()
        txlog.until_ready()
        assert write(txlog, pki, record()) == 201


def test_it_can_be_ended_while_it_waits(start: Callable[..., Component]) -> None:
    txlog = start(STORAGE_POSTGRES_DSN="postgres://fsc:s3cret@127.0.0.1:1/x")
    eventually(lambda: "waiting for the database" in events(txlog), within=30)
    assert txlog.terminate() == 0
    assert "s3cret" not in txlog.output()


def test_an_outage_makes_it_not_ready_and_its_end_ready_again(
    start: Callable[..., Component], pki: InternalPki
) -> None:
    with Postgres() as server:
        txlog = start(STORAGE_POSTGRES_DSN=server.fresh_database("wegennet.fsc.txlog"))
        txlog.until_ready()
        server.kill()
        eventually(lambda: txlog.monitoring("/health/ready").status == 503)
        assert write(txlog, pki, record()) == 503
        server.start()
        txlog.until_ready()
        assert write(txlog, pki, record()) == 201


def test_a_record_is_there_after_a_kill_right_after_the_answer(
    start: Callable[..., Component], pki: InternalPki
) -> None:
    with Postgres({"fsync": "on"}) as server:
        dsn = server.fresh_database("wegennet.fsc.txlog")
        txlog = start(STORAGE_POSTGRES_DSN=dsn)
        txlog.until_ready()
        one = record()
        assert write(txlog, pki, one) == 201
        txlog.kill()
        server.kill()
        server.start()
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT record_id::text FROM records").fetchall() == [(one.record_id,)]


def test_a_database_that_was_not_migrated_is_refused(start: Callable[..., Component], postgres: Postgres) -> None:
    txlog = start(STORAGE_POSTGRES_DSN=postgres.fresh_database())
    assert txlog.process.wait(30) == 1
    assert "run `fsc txlog-api migrate up` first" in txlog.output()


def test_an_address_that_is_taken_is_named(start: Callable[..., Component]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        txlog = start(LISTEN_ADDRESS=address)
        assert txlog.process.wait(30) == 1
    assert f"Cannot listen on {address} for internal API: " in txlog.output()


def test_every_mistake_in_the_configuration_is_said_at_once(start: Callable[..., Component]) -> None:
    txlog = start(
        LISTEN_ADDRESS="nowhere", TLS_CERT="", TLS_KEY="/nothing", TX_LOG_RETENTION="a year", LOG_LEVEL="loud"
    )
    assert txlog.process.wait(30) == 1
    for variable in ("LISTEN_ADDRESS", "TLS_CERT", "TLS_KEY", "TX_LOG_RETENTION", "LOG_LEVEL"):
        assert f"{variable} " in txlog.output()


def test_a_key_of_another_certificate_is_named(start: Callable[..., Component], pki: InternalPki) -> None:
    txlog = start(TLS_KEY=str(pki.client[1]))
    assert txlog.process.wait(30) == 1
    assert "TLS_CERT, TLS_KEY and TLS_ROOT_CERT do not work together" in txlog.output()


def test_the_schema_is_made_with_the_dsn_of_the_environment(postgres: Postgres) -> None:
    ran = migrate(postgres.fresh_database())
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, "applied 0001_records")


def test_the_schema_is_made_with_the_dsn_of_the_option(postgres: Postgres) -> None:
    dsn = postgres.fresh_database()
    assert migrate("", "--postgres-dsn", dsn).returncode == 0
    assert migrate(dsn).stdout.splitlines()[-1] == "nothing to apply"


def test_a_migration_without_a_database_is_told_what_to_set() -> None:
    ran = migrate("")
    assert ran.returncode == 1
    assert "STORAGE_POSTGRES_DSN is not set; for example STORAGE_POSTGRES_DSN=postgres://" in ran.stderr
