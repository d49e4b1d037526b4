"""A pool of connections to PostgreSQL, with rows as dicts.

Every commit is durable before it is confirmed, whatever the server's default: contracts and log records must survive a
crash right after the answer.
"""

from __future__ import annotations

import asyncio
import select
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from wegennet.fsc.storage.errors import DatabaseUnavailableError, reason, unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = structlog.get_logger(__name__)

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]

# A server that vanished without a word is noticed after some 20 s; libpq's default is two hours.
_CONNECTION: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "20000",
    "application_name": "fsc",
}
_SESSION: Final = """
SELECT set_config('statement_timeout', '30s', false), set_config('TimeZone', 'UTC', false),
       CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END
"""
_SLOWEST_RETRY: Final = 10.0


def complete_dsn(dsn: str) -> str:
    """`dsn` with our settings for what it leaves open.

    Raises:
        psycopg.ProgrammingError: not a connection string; the message may hold parts of it.
    """
    given = conninfo_to_dict(dsn)
    return make_conninfo(dsn, **{name: value for name, value in _CONNECTION.items() if name not in given})


class Database:
    """The database of one process.

    Args:
        dsn: connection string, `postgres://…` or `host=… dbname=…`.
        connections: the most that are open at once.
        patience: seconds that a caller waits for a free connection.
    """

    def __init__(self, dsn: str, *, connections: int = 10, patience: float = 5.0) -> None:
        self._dsn = complete_dsn(dsn)
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self._dsn,
            connection_class=psycopg.AsyncConnection[Row],
            kwargs={"row_factory": dict_row, "autocommit": True},
            min_size=1,
            max_size=connections,
            timeout=patience,
            # A try that fails is given up soon: the next caller begins a new one, without the pause of a long outage.
            reconnect_timeout=2.0,
            open=False,
            configure=_configure,
            check=_check,
            name="fsc",
        )

    async def open(self) -> None:
        """Waits until the server answers, with growing pauses and a warning for each try; then opens the pool."""
        pause = 0.1
        while (trouble := await self._trouble()) is not None:
            pause = min(pause * 2, _SLOWEST_RETRY)
            log.warning("waiting for the database", reason=trouble, retry_seconds=pause)
            await asyncio.sleep(pause)
        await self._pool.open()

    async def close(self) -> None:
        """Gives the connections back; those in use are waited for shortly."""
        await self._pool.close(timeout=5)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction: committed at the end, rolled back by an exception.

        Raises:
            DatabaseUnavailableError: no connection within the patience, or it was lost on the way. A transaction whose
                commit was under way may have happened.
        """
        async with self.statements() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[Connection]:
        """A connection without a transaction: each statement commits itself, which saves two exchanges with the server.

        Raises:
            DatabaseUnavailableError: as with `transaction`.
        """
        try:
            async with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as error:
            raise DatabaseUnavailableError("The database gave no connection in time.") from error
        except psycopg.Error as error:
            if unavailable(error):
                raise DatabaseUnavailableError(f"The database is not available: {reason(error)}") from error
            raise

    async def ping(self) -> None:
        """Asks the server for nothing, for a health check.

        Raises:
            DatabaseUnavailableError: it did not answer.
        """
        async with self.statements() as connection:
            await connection.execute("SELECT 1")

    async def _trouble(self) -> str | None:
        """Why no connection can be made; None when one can."""
        try:
            async with await psycopg.AsyncConnection.connect(self._dsn):
                return None
        except psycopg.OperationalError as error:
            return reason(error)


async def _configure(connection: Connection) -> None:
    await connection.execute(_SESSION)


async def _check(connection: Connection) -> None:
    """Finds connections whose server went away, without asking the server each time.

    An idle connection has nothing to read but the end of it, or an unasked notice.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)
