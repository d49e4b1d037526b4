"""A real PostgreSQL server for the whole run, in a temporary folder, and a database of its own for each test."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg import sql

from support.waiting import eventually
from wegennet.fsc.storage.migrations import migrate
from wegennet.fsc.trial.child import Child
from wegennet.fsc.trial.postgres import find_programs

if TYPE_CHECKING:
    from types import TracebackType

FAST = {"fsync": "off", "full_page_writes": "off"}
"""What a test may do without: none pulls the plug of the machine."""

_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder within it is made as safely as in any other)
_ENOUGH = 4 * 1024**3


class Postgres:
    """A server on a unix socket and a loopback port; `settings` are those of postgresql.conf.

    It ends with the process that started it, also when that is killed.
    """

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self._settings = {"max_connections": "200", "autovacuum": "off", **(FAST if settings is None else settings)}
        self._templates: dict[str, str] = {}
        self._numbers = count(1)
        self._folder: Path
        self.port = 0
        self.server: Child

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="fsc-pg-", dir=_fast_folder()))
        if account := _account():
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        arguments = ["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        initdb = self._child("initdb", f"--pgdata={self._folder / 'data'}", *arguments)
        assert initdb.wait(60) == 0, initdb.last_lines()
        self.port = _free_port()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Starts the server, again on the same port, and waits until it answers."""
        settings = {
            **self._settings,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            # In the folder, since a server that is ended at once leaves it behind.
            "dynamic_shared_memory_type": "mmap",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.server = self._child("postgres", "-D", str(self._folder / "data"), *options)
        eventually(self._answers)

    def kill(self) -> None:
        """Ends the server at once, without writing anything more; what it committed is there after the next start."""
        self.server.stop()

    def dsn(self, database: str = "postgres") -> str:
        """The connection string of a database."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def fresh_database(self, migrated: str = "") -> str:
        """The connection string of a new database: empty, or with the schema of a package, e.g. wegennet.fsc.txlog."""
        if migrated and migrated not in self._templates:
            self._templates[migrated] = f"template_{len(self._templates)}"
            self._create(self._templates[migrated], "template0")
            migrate(self.dsn(self._templates[migrated]), migrated)
        name = f"test_{next(self._numbers)}_{secrets.token_hex(3)}"
        self._create(name, self._templates.get(migrated, "template0"))
        return self.dsn(name)

    def _create(self, name: str, template: str) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def _answers(self) -> bool:
        self.server.must_run()
        try:
            psycopg.connect(self.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _child(self, program: str, *arguments: str) -> Child:
        account = _account()
        return Child(
            program,
            [str(find_programs() / program), *arguments],
            self._folder / f"{program}.log",
            user=account.pw_name if account else None,
            stop_signal=signal.SIGQUIT,
            at_death=signal.SIGQUIT,
        )


def _fast_folder() -> Path | None:
    """A folder in memory where there is room for it, else the usual one."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH else None


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root, which it refuses."""
    if os.geteuid() != 0:
        return None
    known = {account.pw_name: account for account in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
