"""The connections to one origin: who gets the next place on one, and when another is made."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from wegennet.fsc.wire.connecting import dial
from wegennet.fsc.wire.errors import ConnectError, WireTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.wire.calls import Line, Place
    from wegennet.fsc.wire.limits import ClientLimits
    from wegennet.fsc.wire.message import Origin
    from wegennet.fsc.wire.sweep import Sweep
    from wegennet.fsc.wire.tls import Choice, ClientTls


class Lines:
    """Connections to an origin for one choice of protocol."""

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
        self.limits = limits
        self.sweep = sweep
        self._choice = choice
        self._tls = tls
        self._allow_address = allow_address
        self._generation = 0
        self._shared = choice != "1.1"  # whether a connection has room for several calls, or may turn out to
        self._all: set[Line] = set()
        self._with_room: list[Line] = []
        self._slots = 0  # promised to somebody who makes a connection
        # Who waits, in order of arrival. Each gets a place, or None: a slot to make a connection in.
        self._waiting: deque[asyncio.Future[Place | None]] = deque()

    async def take(self, seconds: float, *, fresh: bool) -> Place:
        """A place for one call; it must be released.

        Args:
            seconds: limit for waiting and connecting.
            fresh: rather on a new connection than on one that has been idle.

        Raises:
            WireError: there is none in time.
        """
        self._follow_certificates()
        if not fresh and not self._waiting and (place := self._free()):
            return place
        try:
            async with asyncio.timeout(seconds):
                if fresh and self._may_connect():
                    self._slots += 1
                    return await self._connect()
                return await self._wait() or await self._connect()
        except TimeoutError:
            raise WireTimeoutError(f"no connection to {self.origin} within {seconds:g} seconds") from None

    def close(self) -> None:
        """Closes all connections; who waits for one is told."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(ConnectError(f"the client of {self.origin} is being closed"))
        for line in tuple(self._all):
            line.close()

    def freed(self, line: Line) -> None:
        """There is room on a connection."""
        if not line.listed and line in self._all:
            line.listed = True
            self._with_room.append(line)
        self._serve()

    def closed(self, line: Line) -> None:
        """A connection is gone."""
        self._all.discard(line)
        if line.listed:
            line.listed = False
            self._with_room.remove(line)
        self._serve()

    def _follow_certificates(self) -> None:
        """Leaves connections that were made with the certificates of before."""
        if self._tls is not None:
            self._tls.refresh()
            if self._generation != self._tls.generation:
                self._generation = self._tls.generation
                for line in tuple(self._all):
                    line.retire()

    def _free(self) -> Place | None:
        """A place on the connection that was used last: the server is least likely to close that one."""
        while self._with_room:
            line = self._with_room[-1]
            place = line.take()
            if not line.room():
                line.listed = False
                self._with_room.pop()
            if place is not None:
                return place
        return None

    async def _wait(self) -> Place | None:
        waiter: asyncio.Future[Place | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._serve()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # It was given something at the very moment that it gave up.
                self._return(waiter.result())
            raise

    def _return(self, given: Place | None) -> None:
        if given is not None:
            given.release()
        else:
            self._slots -= 1
            self._serve()

    def _serve(self) -> None:
        """Gives who waits what there is: places first, then slots."""
        while self._waiting:
            if self._waiting[0].done():
                self._waiting.popleft()
            elif place := self._free():
                self._waiting.popleft().set_result(place)
            elif self._may_connect():
                self._slots += 1
                self._waiting.popleft().set_result(None)
            else:
                return

    def _may_connect(self) -> bool:
        if self._slots and self._shared:
            # There will be room on the connection that is being made.
            return False
        return len(self._all) + self._slots < self.limits.connections

    async def _connect(self) -> Place:
        """Makes a connection in a slot, and takes the first place on it."""
        generation = self._generation
        try:
            context = self._tls.context(self._choice) if self._tls else None
            line = await dial(self, self._choice, context, self._allow_address)
        except BaseException:
            self._slots -= 1
            self._serve()
            raise
        self._slots -= 1
        self._all.add(line)
        self._shared = line.shared
        place = line.take()
        if generation != self._generation:
            line.retire()
        if line.room():
            self.freed(line)
        else:
            self._serve()
        if place is None:
            raise ConnectError(f"{self.origin} closed the connection at once")
        return place
