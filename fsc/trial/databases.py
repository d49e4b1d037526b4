"""Databases of a PostgreSQL server: one with a role of its own for each component that keeps something."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from wegennet.fsc.trial.errors import Failure, Mistake

if TYPE_CHECKING:
    from collections.abc import Mapping


class Databases:
    """A server, by the `dsn` of a role that may make roles and databases."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        try:
            self._settings = conninfo_to_dict(dsn)
        except psycopg.ProgrammingError as error:
            raise Mistake(f"The DSN of PostgreSQL cannot be read: {_sentence(error)}.") from error

    def create(self, name: str) -> str:
        """Makes a database and the role of the same name that owns it; gives the DSN for that role.

        A database that exists stays as it is; its role gets a new password.
        """
        password = secrets.token_urlsafe(18)
        role, statement = sql.Identifier(name), "CREATE ROLE {} LOGIN PASSWORD {}"
        with self._connection() as connection:
            if _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name):
                statement = "ALTER ROLE {} LOGIN PASSWORD {}"
            _do(connection, statement, role, sql.Literal(password))
            if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
                _do(connection, "GRANT {} TO CURRENT_USER", role)
                _do(connection, "CREATE DATABASE {} OWNER {}", role, role)
                _do(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", role)
        return self._dsn_for(name, password)

    def drop(self, name: str) -> None:
        """Removes a database and its role, also while somebody is connected."""
        with self._connection() as connection:
            _do(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", sql.Identifier(name))
            _do(connection, "DROP ROLE IF EXISTS {}", sql.Identifier(name))

    def answers(self) -> bool:
        """Whether the server lets us in now."""
        try:
            with self._connection():
                return True
        except Failure:
            return False

    def _connection(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(self.dsn, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise Failure(f"PostgreSQL does not answer: {_sentence(error)}.") from error

    def _dsn_for(self, name: str, password: str) -> str:
        """The administrator's DSN as a URL, for another role and database."""
        rest: dict[str, Any] = {key: value for key, value in self._settings.items() if value is not None}
        for key in ("user", "password", "dbname"):
            rest.pop(key, None)
        return dsn_url(name, password, name, rest)


def dsn_url(user: str, password: str, database: str, settings: Mapping[str, Any]) -> str:
    """A DSN as a URL; `settings` has the host and whatever else libpq knows."""
    rest = dict(settings)
    place = f"{rest.pop('host')}:{rest.pop('port', 5432)}" if _is_plain_host(rest.get("host")) else ""
    options = f"?{urlencode(rest, quote_via=quote)}" if rest else ""
    return f"postgres://{quote(user, safe='')}:{quote(password, safe='')}@{place}/{quote(database, safe='')}{options}"


def _is_plain_host(host: object) -> bool:
    """Whether it is one host name or IPv4 address, rather than a socket's folder or a list."""
    return isinstance(host, str) and bool(host) and not set(host) & set("/,:@")


def _exists(connection: psycopg.Connection[Any], query: str, name: str) -> bool:
    return connection.execute(query.encode(), (name,)).fetchone() is not None


def _do(connection: psycopg.Connection[Any], statement: str, *parts: sql.Composable) -> None:
    """Runs a statement of our own text with quoted parts."""
    try:
        connection.execute(sql.SQL(statement).format(*parts))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Mistake(
            f"The role of the PostgreSQL DSN may not do this: {_sentence(error)}. It needs CREATEDB and CREATEROLE."
        ) from error


def _sentence(error: psycopg.Error) -> str:
    """An error of libpq on one line, without the full stop."""
    return " ".join(str(error).split()).rstrip(".")
