"""Backpressure of what we write: who sends waits until the other side has taken most of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from wegennet.fsc.wire.body import NO_BODY, BodyStream
from wegennet.fsc.wire.h1_write import chunk, last_chunk
from wegennet.fsc.wire.headers import allowed_trailers
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    from wegennet.fsc.wire.h1_write import Outgoing

# Head and body below this are joined: copying costs less than another record or system call.
_JOIN: Final = 64 * 1024
_MOST_THROWN_AWAY: Final = 4 * 1024 * 1024
# How long octets are thrown away, and then how long the close of a connection may take.
LINGER: Final = 2.0
CLOSE: Final = 5.0


class Sending(asyncio.Protocol):
    """The half of a connection's protocol that writes.

    Args:
        loop: the event loop.
        stall: seconds without any progress after which a connection is given up whose other side takes nothing.

    Attributes:
        paused: whether too much waits to be sent.
        lost: whether the connection is gone.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, stall: float) -> None:
        self.loop = loop
        self._stall = stall
        self._transport: asyncio.Transport
        self._room: list[asyncio.Future[None]] = []
        self._stalled = NEVER  # when the other side must have taken something
        self._thrown_away = 0
        self._unsent = 0  # octets that waited when that was set
        self.paused = False
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The connection is gone."""
        self.lost = True
        self._stalled = NEVER
        self._wake()

    def pause_writing(self) -> None:
        """Too much waits to be sent."""
        self.paused = True
        self._unsent = self._transport.get_write_buffer_size()
        self._stalled = self.loop.time() + self._stall

    def resume_writing(self) -> None:
        """Most of it was sent."""
        self.paused = False
        self._stalled = NEVER
        self._wake()

    def now(self) -> float:
        """The event loop's time."""
        return self.loop.time()

    async def send(self, message: Outgoing) -> None:
        """Writes an HTTP/1.1 message, its stream included, no faster than the other side takes it.

        Raises:
            ValueError: the stream is longer or shorter than its declared length.
            ConnectionError: the connection is gone.
        """
        if message.stream is None:
            self.write(message.head, message.data)
        else:
            await self.send_stream(message, message.head)
        if self.paused:
            await self.writable()

    def write(self, head: bytes, data: bytes) -> None:
        """Writes octets, whether there is room or not."""
        if len(data) < _JOIN:
            self._transport.write(head + data)
        else:
            self._transport.writelines((head, data))

    async def send_stream(self, message: Outgoing, start: bytes) -> None:
        """Writes the stream of a message, after `start`.

        Raises:
            ValueError: it is longer or shorter than its declared length.
            ConnectionError: the connection is gone.
        """
        write = self._transport.write
        stream = message.stream or NO_BODY
        left = message.length
        if start and not (isinstance(stream, BodyStream) and stream.size):
            write(start)
            start = b""
        async for data in stream:
            if left is not None and (left := left - len(data)) < 0:
                raise ValueError("the body is longer than its Content-Length says")
            write(start + (chunk(data) if message.chunked else data))
            start = b""
            if self.paused:
                await self.writable()
        if left:
            raise ValueError("the body is shorter than its Content-Length says")
        if message.chunked:
            write(last_chunk(allowed_trailers(message.trailers()) if message.trailers else []))

    async def writable(self) -> None:
        """Waits until more may be written.

        Raises:
            ConnectionError: the connection is gone.
        """
        while self.paused and not self.lost:
            waiter = self.loop.create_future()
            self._room.append(waiter)
            await waiter
        if self.lost:
            raise ConnectionResetError("the connection is gone")

    def check(self, now: float) -> None:
        """Gives the connection up when the other side took nothing for too long."""
        if now > self._stalled:
            unsent = self._transport.get_write_buffer_size()
            if unsent >= self._unsent:
                self.stalled()
            self._unsent, self._stalled = unsent, now + self._stall

    def stalled(self) -> None:
        """The other side took nothing for too long."""
        self._transport.abort()

    def half_close(self) -> None:
        """Ends our half of the connection; octets that still come in are to be thrown away for a while.

        A close with octets unread makes the kernel send a reset, which can destroy what we sent before the other side
        has read it.
        """
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def throw_away(self, size: int) -> None:
        """Counts octets that came after that; the connection is cut off when they don't end."""
        self._thrown_away += size
        if self._thrown_away > _MOST_THROWN_AWAY:
            self._transport.abort()

    def _wake(self) -> None:
        waiters, self._room = self._room, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
