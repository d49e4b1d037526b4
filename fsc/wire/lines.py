"""The connections to one origin: who gets the next one, and when another is made."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from wegennet.fsc.wire.connecting import connect
from wegennet.fsc.wire.errors import WireTimeoutError
from wegennet.fsc.wire.h1_client import Http1Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.wire.limits import ClientLimits
    from wegennet.fsc.wire.message import Origin
    from wegennet.fsc.wire.sweep import Sweep
    from wegennet.fsc.wire.tls import Choice, ClientTls


class Lines:
    """Connections to an origin that speak one protocol."""

    def __init__(
        self,
        origin: Origin,
        choice: Choice,
        *,
        tls: ClientTls | None,
        limits: ClientLimits,
        sweep: Sweep,
        allow_address: Callable[[str], bool] | None,
    ) -> None:
        self.origin = origin
        self._choice = choice
        self._tls = tls
        self._limits = limits
        self._sweep = sweep
        self._allow_address = allow_address
        self._generation = 0
        self._idle: list[Http1Client] = []
        self._open: set[Http1Client] = set()
        self._slots = 0  # promised to somebody who makes a connection
        # Who waits, in order of arrival. Each gets a connection, or None: a slot to make one in.
        self._waiting: deque[asyncio.Future[Http1Client | None]] = deque()

    async def take(self, seconds: float, *, fresh: bool) -> Http1Client:
        """A connection for one exchange; `give_back` must follow.

        Args:
            seconds: limit for waiting and connecting.
            fresh: not one that has been idle.

        Raises:
            WireError: there is none in time.
        """
        self._follow_certificates()
        if not fresh and not self._waiting and (connection := self._take_idle()):
            return connection
        try:
            async with asyncio.timeout(seconds):
                return await self._wait_or_connect()
        except TimeoutError:
            raise WireTimeoutError(f"no connection to {self.origin} within {seconds:g} seconds") from None

    def give_back(self, connection: Http1Client) -> None:
        """Ends an exchange: the connection is kept for the next one, if that is possible."""
        if not connection.release():
            return
        if connection.generation != self._generation or not connection.usable():
            connection.close()
        elif not self._offer(connection):
            self._idle.append(connection)

    def close(self) -> None:
        """Closes all connections."""
        for connection in tuple(self._open):
            connection.close()

    def _follow_certificates(self) -> None:
        """Leaves connections that were made with certificates of before."""
        if self._tls is None:
            return
        self._tls.refresh()
        if self._generation != self._tls.generation:
            self._generation = self._tls.generation
            idle, self._idle = self._idle, []
            for connection in idle:
                connection.close()

    def _take_idle(self) -> Http1Client | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable():
                return connection
            connection.close()
        return None

    async def _wait_or_connect(self) -> Http1Client:
        if self._waiting or len(self._open) + self._slots >= self._limits.connections:
            connection = await self._wait()
            if connection is not None:
                return connection
        else:
            self._slots += 1
        return await self._connect()

    async def _wait(self) -> Http1Client | None:
        waiter: asyncio.Future[Http1Client | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # It was given something at the very moment that it gave up.
                self._pass_on(waiter.result())
            raise

    def _pass_on(self, connection: Http1Client | None) -> None:
        if self._offer(connection):
            return
        if connection is None:
            self._slots -= 1
        else:
            self._idle.append(connection)

    def _offer(self, connection: Http1Client | None) -> bool:
        """Gives a connection or slot to who waits longest; says whether somebody did."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    async def _connect(self) -> Http1Client:
        """Makes a connection in a slot."""
        generation = self._generation
        context = self._tls.context(self._choice) if self._tls else None
        try:
            connection = await connect(self.origin, lambda: self._protocol(generation), context, self._allow_address)
        except BaseException:
            self._pass_on(None)
            raise
        self._slots -= 1
        self._open.add(connection)
        return connection

    def _protocol(self, generation: int) -> Http1Client:
        return Http1Client(self.origin, self._limits, self._sweep, self._closed, generation)

    def _closed(self, connection: Http1Client) -> None:
        if connection in self._idle:
            self._idle.remove(connection)
        if connection in self._open:
            self._open.remove(connection)
            self._slots += 1
            self._pass_on(None)
