"""A PostgreSQL server of our own for as long as a group runs.

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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.fsc.trial.child import Child
from wegennet.fsc.trial.databases import Databases, dsn_url
from wegennet.fsc.trial.errors import Failure, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBIAN = Path("/usr/lib/postgresql")
_USERS = ("postgres", "nobody")
PORT = 5432
_START_WITHIN = 60.0
_PROBE_EVERY = 0.02


@contextmanager
def server(folder: Path | None, address: str) -> Iterator[Server]:
    """A server of our own that stops at the end.

    Args:
        folder: where it keeps its data, which then outlives a crash of the machine; without it the data is gone at the
            end, and the server does not wait for the disk. No crash of a process loses data either way.
        address: loopback address that it listens on.
    """
    with ExitStack() as stack:
        place = folder or stack.enter_context(_short_lived_folder())
        sockets = stack.enter_context(_short_lived_folder())
        own = Server(place, sockets, address, fsync=folder is not None)
        stack.callback(own.stop)
        own.start()
        yield own


class Server:
    """PostgreSQL as a child process of ours; `databases` are those on it."""

    def __init__(self, folder: Path, sockets: Path, address: str, *, fsync: bool) -> None:
        programs, self._user = find_programs(), _user()
        folder.mkdir(parents=True, exist_ok=True)
        for private in (folder, sockets):
            _give(private, self._user)
        password = _initialize(programs, folder, self._user)
        self._log = folder / "log"
        self._argv = [str(programs / "postgres"), "-D", str(folder / "data"), *_options(sockets, address, fsync=fsync)]
        self._child: Child | None = None
        self.databases = Databases(dsn_url("postgres", password, "postgres", {"host": address, "port": PORT}))

    @property
    def child(self) -> Child:
        """The running process."""
        if self._child is None:
            raise RuntimeError("PostgreSQL was not started")
        return self._child

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self._child = Child(
            "PostgreSQL",
            self._argv,
            self._log,
            user=self._user,
            stop_signal=signal.SIGINT,  # "fast": ends without waiting for those who are connected
            at_death=signal.SIGINT,
        )
        _wait_for(self._child, self.databases)

    def stop(self) -> None:
        """Stops it, if it was started."""
        if self._child:
            self._child.stop()


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


def _options(sockets: Path, address: str, *, fsync: bool) -> list[str]:
    durable = "on" if fsync else "off"
    settings = {
        "listen_addresses": address,
        "port": PORT,
        "unix_socket_directories": sockets,
        "max_connections": 1000,
        "shared_buffers": "64MB",
        "fsync": durable,
        "full_page_writes": durable,
        "wal_level": "minimal",
        "max_wal_senders": 0,
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


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
