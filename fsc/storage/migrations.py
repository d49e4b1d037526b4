"""Forward-only migrations: the files `migrations/NNNN_name.sql` of a component's package, each in one transaction.

Several processes may migrate at once: an advisory lock lets one at a time look what is next and apply it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final

import psycopg
import structlog

from wegennet.fsc.storage.database import complete_dsn
from wegennet.fsc.storage.errors import DatabaseUnavailableError, SchemaError, reason, unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.rows import TupleRow

    from wegennet.fsc.storage.database import Database

log = structlog.get_logger(__name__)

_FILE: Final = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
_LOCK: Final = 0x6673635F6D696772  # any number, the same in every process: "fsc_migr"
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a schema; `version` counts from 1."""

    version: int
    name: str
    sql: str

    def __str__(self) -> str:
        return f"{self.version:04}_{self.name}"


def migrations(package: str) -> list[Migration]:
    """The migrations of a component, in order; its package is e.g. `wegennet.fsc.txlog`.

    Raises:
        ValueError: a file in the folder that is no migration, or a gap in the numbers.
    """
    found = []
    for file in resources.files(package).joinpath("migrations").iterdir():
        if (match := _FILE.fullmatch(file.name)) is None:
            raise ValueError(f"{package}: {file.name} is not named NNNN_name.sql.")
        found.append(Migration(int(match["version"]), match["name"], file.read_text("utf-8")))
    found.sort(key=lambda one: one.version)
    if [one.version for one in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"{package}: migrations are not numbered 0001, 0002, … without a gap.")
    return found


def migrate(dsn: str, package: str, *, patience: float = 60.0) -> list[Migration]:
    """Brings the schema up to this version of the component; gives the migrations that it applied.

    Args:
        dsn: the database; its user may create tables.
        package: the component.
        patience: seconds to wait for the server.

    Raises:
        DatabaseUnavailableError: the server did not answer within the patience, or went away.
        SchemaError: the schema is another component's, or a migration failed.
    """
    applied = []
    with _connect(dsn, patience) as connection:
        for migration in migrations(package):
            if _try(connection, migration, package):
                log.info("migrated", migration=str(migration))
                applied.append(migration)
    return applied


async def check(database: Database, package: str) -> None:
    """Refuses a schema that lacks a migration of this version; one that is ahead is fine (a newer replica made it).

    Raises:
        SchemaError: older than the code, or another component's.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT to_regclass('schema_migrations') AS found")
        row = await cursor.fetchone()
        if row is None or row["found"] is None:
            raise SchemaError(_too_old("The database is empty", package))
        cursor = await connection.execute("SELECT version, name FROM schema_migrations")
        there = {row["version"]: row["name"] for row in await cursor.fetchall()}
    for migration in migrations(package):
        if not _present(migration, there, package):
            raise SchemaError(_too_old(f"The database lacks migration {migration}", package))


def _connect(dsn: str, patience: float) -> psycopg.Connection[TupleRow]:
    deadline = time.monotonic() + patience
    pause = 0.1
    while True:
        try:
            return psycopg.connect(complete_dsn(dsn), autocommit=True)
        except psycopg.OperationalError as error:
            if time.monotonic() + pause > deadline:
                raise DatabaseUnavailableError(f"The database cannot be reached: {reason(error)}") from error
            log.warning("waiting for the database", reason=reason(error), retry_seconds=pause)
        time.sleep(pause)
        pause = min(pause * 2, 5.0)


def _try(connection: psycopg.Connection[TupleRow], migration: Migration, package: str) -> bool:
    """As `_apply`, with errors of the database as sentences."""
    try:
        return _apply(connection, migration, package)
    except psycopg.Error as error:
        what = f"Migration {migration} failed and nothing of it was applied: {reason(error)}"
        raise (DatabaseUnavailableError if unavailable(error) else SchemaError)(what) from error


def _apply(connection: psycopg.Connection[TupleRow], migration: Migration, package: str) -> bool:
    """Applies one migration unless it is there; gives whether it did."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(_TABLE)
        rows = connection.execute("SELECT version, name FROM schema_migrations").fetchall()
        if _present(migration, dict(rows), package):
            return False
        connection.execute(migration.sql)
        connection.execute(
            "INSERT INTO schema_migrations (version, name) VALUES (%s, %s)", [migration.version, migration.name]
        )
        return True


def _present(migration: Migration, there: Mapping[int, str], package: str) -> bool:
    """Whether the migration was applied; a number under another name is somebody else's schema."""
    name = there.get(migration.version, migration.name)
    if name != migration.name:
        raise SchemaError(
            f"The database is not one of {_component(package)}: its migration {migration.version:04} is {name}, not "
            f"{migration.name}. Give STORAGE_POSTGRES_DSN a database of its own for each component."
        )
    return migration.version in there


def _too_old(what: str, package: str) -> str:
    return f"{what}, so its schema is older than this program; run `fsc {_component(package)} migrate up` first."


def _component(package: str) -> str:
    name = package.rpartition(".")[2]
    return "txlog-api" if name == "txlog" else name
