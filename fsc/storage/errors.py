"""What can be wrong with the database, said without its address or password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

# Classes of SQLSTATE (PostgreSQL, appendix A): connection exception, transaction rollback (the victim of a deadlock),
# insufficient resources, operator intervention.
_UNAVAILABLE: Final = ("08", "40", "53", "57")
_CANCELED: Final = "57014"


class DatabaseError(Exception):
    """The database cannot be used; the message is a sentence for the operator of the process.

    `exit_code` says whose turn it is when a command ends with it: 1 the user's, 2 the platform's.
    """

    exit_code = 2


class DatabaseUnavailableError(DatabaseError):
    """The database cannot be reached now, or has no connection to spare; later it may."""


class SchemaError(DatabaseError):
    """The schema is not what this version needs: too old, or of another component."""

    exit_code = 1


def unavailable(error: psycopg.Error) -> bool:
    """Whether the server, not the statement, is the trouble: the same may well work later."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(_UNAVAILABLE) and error.sqlstate != _CANCELED


def reason(error: BaseException) -> str:
    """The server's or the driver's words on one line; neither repeats a password."""
    return " ".join(_lines(str(error))) or type(error).__name__


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
