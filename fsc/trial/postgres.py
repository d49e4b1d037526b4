"""A PostgreSQL server for as long as a group runs: the one of a DSN, or a process of our own.

PostgreSQL refuses to run as root, so a server that root starts runs as `postgres` or else `nobody`.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import stat
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.fsc.trial.child import Child
from wegennet.fsc.trial.databases import Databases, dsn_url
from wegennet.fsc.trial.errors import Failure, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBIAN = Path("/usr/lib/postgresql")
_USERS = ("postgres", "nobody")
_START_WITHIN = 60.0
_PROBE_EVERY = 0.02


@contextmanager
def databases(
    dsn: str | None = None,
    *,
    folder: Path | None = None,
    address: str = "127.0.0.1",
    port: int = 5432,
    fsync: bool = False,
) -> Iterator[Databases]:
    """The server of a DSN, or one of our own that stops at the end.

    Args:
        dsn: of a role that may make roles and databases, on a server that runs already.
        folder: where our own server keeps its data; without it the data is gone at the end.
        address: loopback address that our own server listens on, beside its Unix socket.
        port: its port.
        fsync: whether it waits for the disk. Without it a crash of the machine, but none of a process, can lose data.
    """
    if dsn is not None:
        yield Databases(dsn)
    elif folder is not None:
        with _server(folder, address, port, fsync=fsync) as server:
            yield server
    else:
        with _short_lived_folder() as temporary, _server(temporary, address, port, fsync=fsync) as server:
            yield server


@contextmanager
def _server(folder: Path, address: str, port: int, *, fsync: bool) -> Iterator[Databases]:
    programs = find_programs()
    user = _user()
    folder.mkdir(parents=True, exist_ok=True)
    _give(folder, user)
    password = _initialize(programs, folder, user)
    with _short_lived_folder() as sockets:
        _give(sockets, user)
        argv = _arguments(programs, folder, sockets, address, port, fsync=fsync)
        server = Child(
            "PostgreSQL",
            argv,
            folder / "log",
            user=user,
            stop_signal=signal.SIGINT,  # "fast": ends without waiting for those who are connected
            at_death=signal.SIGINT,
        )
        try:
            reached = Databases(dsn_url("postgres", password, "postgres", {"host": address, "port": port}))
            _wait_for(server, reached)
            yield reached
        finally:
            server.stop()


def find_programs() -> Path:
    """The folder with `initdb` and `postgres`: Debian's newest version, else that of PATH.

    Raises:
        Mistake: there is none.
    """
    versions = [path for path in _DEBIAN.glob("*/bin") if (path / "initdb").exists()]
    if versions:
        return max(versions, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise Mistake(
        "There is no PostgreSQL on this machine. Install it (on Debian `apt-get install postgresql`), "
        "or name a server with --postgres-dsn."
    )


def _user() -> str | None:
    """The user that the server runs as: our own, or an unprivileged one when we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in _USERS if user in known)


def _give(folder: Path, user: str | None) -> None:
    """Makes a folder private to the server's user, who has to be able to enter it."""
    folder.chmod(0o700)
    if user is None:
        return
    if closed := next(
        (parent for parent in folder.resolve().parents if not parent.stat().st_mode & stat.S_IXOTH), None
    ):
        raise Mistake(
            f"PostgreSQL runs as user {user}, who may not enter {closed}. "
            "Choose a folder that everybody can reach, such as /var/lib/fsc, or name a server with --postgres-dsn."
        )
    shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)


def _initialize(programs: Path, folder: Path, user: str | None) -> str:
    """Makes the server's files when they are not there yet; gives the password of its role `postgres`.

    The files get their name last, so that a run that was killed halfway leaves nothing that looks whole.
    """
    secret, data = folder / "password", folder / "data"
    if data.exists():
        return secret.read_text()
    secret.write_text(secrets.token_urlsafe(18))
    _give_file(secret, user)
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    options = ["--username=postgres", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    argv = [programs / "initdb", f"--pgdata={unfinished}", *options, "--no-instructions", "--no-sync"]
    initdb = Child("initdb", [str(part) for part in argv], folder / "log", user=user)
    if initdb.wait(_START_WITHIN) != 0:
        initdb.must_run()
    unfinished.rename(data)
    return secret.read_text()


def _give_file(file: Path, user: str | None) -> None:
    file.chmod(0o600)
    if user is not None:
        shutil.chown(file, user)


def _arguments(programs: Path, folder: Path, sockets: Path, address: str, port: int, *, fsync: bool) -> list[str]:
    settings = {
        "listen_addresses": address,
        "port": port,
        "unix_socket_directories": sockets,
        "max_connections": 1000,
        "shared_buffers": "64MB",
        "fsync": "on" if fsync else "off",
        "full_page_writes": "on" if fsync else "off",
        "wal_level": "minimal",
        "max_wal_senders": 0,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(folder / "data"), *options]


def _wait_for(server: Child, reached: Databases) -> None:
    deadline = time.monotonic() + _START_WITHIN
    while not reached.answers():
        server.must_run()
        if time.monotonic() > deadline:
            raise Failure(f"PostgreSQL did not answer within {_START_WITHIN:.0f} s; see {server.log}.")
        time.sleep(_PROBE_EVERY)


@contextmanager
def _short_lived_folder() -> Iterator[Path]:
    """A folder with a short path that is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="fsc-", ignore_cleanup_errors=True) as name:
        yield Path(name)
