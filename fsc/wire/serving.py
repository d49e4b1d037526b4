"""What all connections of a server share."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from wegennet.fsc.wire.errors import RequestBodyError, WireError
from wegennet.fsc.wire.message import Response
from wegennet.fsc.wire.sweep import Sweep, Watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.wire.limits import Limits
    from wegennet.fsc.wire.message import Handler, Request

_log = logging.getLogger(__name__)


class Connection(Watched, Protocol):
    """A connection that the server closes when it drains."""

    def drain(self) -> None:
        """Ends after the requests in flight."""

    def abort(self) -> None:
        """Ends at once."""

    def evict(self) -> bool:
        """Ends at once if it only waits for another request; says whether it did."""


class Serving:
    """Handler, limits, and the open connections.

    Attributes:
        coming: connections that were accepted and are not open yet, because of the TLS handshake.
        draining: whether connections end after the requests in flight.
        sweep: watches the time limits of all connections.
    """

    def __init__(self, handler: Handler, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self.handler = handler
        self.limits = limits
        self.loop = loop
        self.coming = 0
        self.draining = False
        self.sweep = Sweep(loop, min(limits.head, limits.idle, limits.keep_alive))
        self.connections: set[Connection] = set()
        self.on_closed: Callable[[], None] = lambda: None

    def opened(self, connection: Connection) -> None:
        """A connection is open."""
        self.connections.add(connection)
        self.sweep.add(connection)
        if self.draining:
            connection.drain()

    def replaced(self, connection: Connection) -> None:
        """Another object takes care of a connection from now on."""
        self.connections.discard(connection)
        self.sweep.discard(connection)

    def closed(self, connection: Connection) -> None:
        """A connection is gone."""
        self.replaced(connection)
        self.on_closed()

    async def answer(self, request: Request) -> Response:
        """The handler's answer, or one that says no more than that it failed."""
        try:
            return await self.handler(request)
        except RequestBodyError as error:
            return plain(error.status, str(error))
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            _log.exception("The handler of a %s request failed", request.method.decode("ascii", "replace"))
            return plain(500, "internal server error")

    def release(self, response: Response) -> None:
        """Lets go of what an answer was made from."""
        if response.release is not None:
            try:
                response.release()
            except Exception:  # noqa: BLE001 - whatever a handler raises
                _log.exception("What an answer was made from could not be released")


def broke_off(method: bytes, error: Exception) -> None:
    """Logs that an answer did not come to its end: in one line when that is the fault of a client or another server."""
    if isinstance(error, (WireError, ConnectionError)):
        _log.info("The answer to a %s request broke off: %s", method.decode(), error)
    else:
        _log.error("The answer to a %s request broke off", method.decode(), exc_info=error)


def plain(status: int, sentence: str) -> Response:
    """An answer of one sentence."""
    return Response(status, [(b"content-type", b"text/plain; charset=utf-8")], f"{sentence}\n".encode())
