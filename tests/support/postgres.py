"""A real PostgreSQL server for the whole run, in a temporary folder, and a database of its own for each test."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg import sql

from support.waiting import eventually
from wegennet.fsc.storage.migrations import migrate

if TYPE_CHECKING:
    from types import TracebackType

FAST = {"fsync": "off", "full_page_writes": "off"}
"""What a test may do without: no test pulls the plug of the machine."""


class Postgres:
    """A server on a unix socket and a loopback port; `settings` are those of postgresql.conf."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self._settings = {"max_connections": "200", "autovacuum": "off", **(FAST if settings is None else settings)}
        self._cleanup = ExitStack()
        self._templates: dict[str, str] = {}
        self._numbers = count(1)
        self.port = 0
        self.process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="fsc-pg-"))
        self._cleanup.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._account = _unprivileged()
        if self._account:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        arguments = ["--pgdata", str(self._folder / "data"), "--username=postgres", "--auth=trust", "--no-sync"]
        self._run("initdb", *arguments, "--encoding=UTF8", "--locale=C").communicate()
        self.port = _free_port()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.kill()
        self._cleanup.close()

    def start(self) -> None:
        """Starts the server, again on the same port, and waits until it answers."""
        settings = {
            **self._settings,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = self._run("postgres", "-D", str(self._folder / "data"), *options)
        eventually(self._answers)

    def kill(self) -> None:
        """Ends the server at once; what it committed is there after the next start."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

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
        assert self.process.poll() is None, (self._folder / "postgres.log").read_text()
        try:
            psycopg.connect(self.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        account = self._account
        with (self._folder / f"{program}.log").open("ab") as output:
            return subprocess.Popen(
                [_binary(program), *arguments],
                stdout=output,
                stderr=output,
                cwd=self._folder,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )


def _binary(name: str) -> str:
    """The path of a program of the server: of the newest version that is installed as Debian does, else in PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise RuntimeError(
            f"No PostgreSQL server on this machine ({name} is missing); run `apt-get install postgresql`."
        )
    return found


def _unprivileged() -> pwd.struct_passwd | None:
    """The account that the server runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
