"""One stream of an HTTP/2 connection: a body in each direction, and how far both have come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wegennet.fsc.wire.errors import WireError
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterable

    from h2.errors import ErrorCodes

    from wegennet.fsc.wire.body import BodyStream
    from wegennet.fsc.wire.h2_link import Http2Link
    from wegennet.fsc.wire.message import Headers

# No frame is larger, whatever the other side allows: streams share the connection.
_PIECE: Final = 64 * 1024
# Below this a frame can wait for what other streams send in the same turn of the loop.
_SMALL: Final = 8 * 1024
# A client that takes our data may send this many window updates for it; nobody needs one for a few octets.
_UPDATES_PER_FRAME: Final = 0.5
_OCTETS_PER_UPDATE: Final = 512


class Http2Stream:
    """A stream.

    Attributes:
        id: of the stream.
        body: what comes in; None when there is none.
        length: what Content-Length promised; None without.
        trailers: that came in.
        idle: seconds without progress after which a direction is given up.
        min_rate: octets a second below which a body is too slow; 0 is no minimum.
    """

    def __init__(self, link: Http2Link[Any], stream_id: int, idle: float) -> None:
        self.link = link
        self.id = stream_id
        self.body: BodyStream | None = None
        self.length: int | None = None
        self.trailers: Headers = []
        self.idle = idle
        self.min_rate = 0
        self._patience = idle
        self._received = 0
        self._window: asyncio.Future[None] | None = None
        self._read_by = NEVER
        self._write_by = NEVER

    # In.

    def receive(self, data: bytes) -> bool:
        """Takes data in; says whether it was taken."""
        body = self.body
        if body is None or body.ended:
            return False
        self._received += len(data)
        if self.length is not None and self._received > self.length:
            self.malformed("the body is longer than Content-Length says")
            return False
        if self.min_rate and self._read_by is not NEVER:
            left = self._read_by - self.link.now()
            self._patience = min(self.idle, left + len(data) / self.min_rate)
        self._read_by = NEVER
        if data:
            body.feed(data)
        return True

    def received_all(self) -> None:
        """The other side has sent everything."""
        self._read_by = NEVER
        if self.length is not None and self._received != self.length and self.expects_length():
            self.malformed("the body is shorter than Content-Length says")
        elif self.body is not None:
            self.body.finish(self.trailers)

    def expects_length(self) -> bool:
        """Whether Content-Length is about a body that is sent."""
        return True

    def body_wanted(self, body: BodyStream) -> None:  # noqa: ARG002 - the protocol's signature
        """The reader waits for more."""
        self._read_by = self.link.now() + (self._patience if self.min_rate else self.idle)

    def body_taken(self, body: BodyStream, size: int) -> None:  # noqa: ARG002 - the protocol's signature
        """The reader took a chunk."""
        self.link.acknowledge(self.id, size)

    def give_up_body(self) -> None:
        """Nobody reads the rest; what waits no longer counts against the connection's window."""
        if self.body is not None:
            self.body.fail(WireError("this body is read too late"))
            self.link.acknowledge(self.id, self.body.size)
            self.body.size = 0

    # Out.

    async def send(self, data: bytes, *, end: bool) -> None:
        """Sends data no faster than stream, connection and transport take it; with `end` it is the last."""
        h2, view = self.link.h2, memoryview(data)
        while view or end:
            size = min(len(view), h2.local_flow_control_window(self.id), h2.max_outbound_frame_size, _PIECE)
            if view and size <= 0:
                await self._wait_for_window()
                continue
            last = end and size == len(view)
            self._send_now(view[:size], end=last)
            if size < _SMALL:
                self.link.flush_soon()
            else:
                self.link.flush()
            if last:
                return
            view = view[size:]
            if self.link.paused:
                await self.link.writable()

    def send_now(self, data: bytes) -> bool:
        """Sends data and the end of the stream if that needs no waiting; says whether it did."""
        h2 = self.link.h2
        if len(data) > min(h2.local_flow_control_window(self.id), h2.max_outbound_frame_size):
            return False
        self._send_now(memoryview(data), end=True)
        return True

    def _send_now(self, data: memoryview, *, end: bool) -> None:
        self.link.h2.send_data(self.id, data, end_stream=end)
        self.link.frames.updates.earn(_UPDATES_PER_FRAME + len(data) / _OCTETS_PER_UPDATE)

    async def send_stream(self, stream: AsyncIterable[bytes], length: int | None) -> None:
        """Sends chunks.

        Raises:
            ValueError: they are longer or shorter together than `length`.
        """
        left = length
        async for data in stream:
            if left is not None and (left := left - len(data)) < 0:
                raise ValueError("the body is longer than its Content-Length says")
            if data:
                await self.send(data, end=False)
        if left:
            raise ValueError("the body is shorter than its Content-Length says")

    async def _wait_for_window(self) -> None:
        self._window = self.link.loop.create_future()
        self._write_by = self.link.now() + self.idle
        try:
            await self._window
        finally:
            self._window = None
            self._write_by = NEVER

    def wake(self) -> None:
        """The window may have grown."""
        if self._window is not None and not self._window.done():
            self._window.set_result(None)

    # Ends.

    def malformed(self, reason: str) -> None:
        """The other side broke a rule in this stream."""
        raise NotImplementedError

    def was_reset(self, code: ErrorCodes | int | None) -> None:
        """The other side gave the stream up."""
        raise NotImplementedError

    def gone(self) -> None:
        """The connection is gone."""
        raise NotImplementedError

    def expired(self) -> None:
        """The other side did nothing for too long."""
        raise NotImplementedError

    def check(self, now: float) -> None:
        """Acts on time limits that have passed."""
        if now > self._read_by or now > self._write_by:
            self._read_by = self._write_by = NEVER
            self.expired()
