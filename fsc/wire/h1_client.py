"""One HTTP/1.1 connection of a client: one exchange at a time."""

from __future__ import annotations

import asyncio
import contextlib
import select
import ssl
from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.calls import UnansweredError
from wegennet.fsc.wire.errors import ProtocolError, TlsError, WireError, WireTimeoutError
from wegennet.fsc.wire.h1_request import outgoing_request
from wegennet.fsc.wire.h1_response import ResponseReader
from wegennet.fsc.wire.limits import HIGH_WATER, LOW_WATER, Timeouts
from wegennet.fsc.wire.message import ClientResponse, Headers
from wegennet.fsc.wire.sending import CLOSE, Sending
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    from wegennet.fsc.wire.body import BodyStream, NoBody
    from wegennet.fsc.wire.calls import Call, LineOwner
    from wegennet.fsc.wire.h1_write import Outgoing

# How long a body waits for the server's 100; a server that knows no Expect would let it wait for ever.
_WAIT_FOR_100: Final = 1.0


class Http1Client(Sending):
    """Sends requests and reads their answers.

    Attributes:
        reused: whether a request was answered on it before.
        listed: whether its owner lists it as having room.
        shared: whether it has room for several calls.
    """

    shared = False

    def __init__(self, owner: LineOwner) -> None:
        super().__init__(asyncio.get_running_loop(), NEVER)
        self._owner = owner
        self._origin = owner.origin
        self._timeouts = Timeouts()
        self._reader = ResponseReader(self, owner.limits)
        self._head: asyncio.Future[ClientResponse] | None = None
        self._sender: asyncio.Task[None] | None = None
        self._go: asyncio.Event | None = None
        self._idle = True
        self._complete = True
        self._retired = False
        self._reading = True
        self._deadline = NEVER
        self._certificate: bytes | None = None
        self._poll = select.poll()
        self.reused = False
        self.listed = False

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        super().connection_made(transport)
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self._certificate = tls.getpeercert(binary_form=True) if tls else None
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLRDHUP)
        self._owner.sweep.add(self)

    def data_received(self, data: bytes) -> None:
        """Octets arrived."""
        if self._complete:
            # Nobody asked: an answer that belongs to no request must never become that of the next one.
            self._transport.abort()
            return
        try:
            self._reader.feed(data)
        except ProtocolError as error:
            self._fail(ProtocolError(f"{self._origin} {error}"))
            return
        self._regulate()

    def eof_received(self) -> bool:
        """The server sends no more."""
        self._reader.end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        self._owner.sweep.discard(self)
        if exc is None:
            self._reader.end()
        if not self._complete:
            self._fail(self._loss(exc))
        self._owner.closed(self)

    def _loss(self, exc: Exception | None) -> WireError:
        if isinstance(exc, ssl.SSLError):
            return TlsError(f"{self._origin} ended TLS: {exc.reason or exc}")
        if not self._reader.began:
            return UnansweredError(f"{self._origin} closed the connection without an answer")
        return ProtocolError(f"{self._origin} closed the connection in the middle of an answer")

    # One exchange.

    def take(self) -> Http1Client | None:
        """The connection for a call, if it is idle and the server has neither closed it nor sent anything on it.

        The event loop may not have seen that yet, so the socket is asked.
        """
        if not self.room():
            return None
        # On a new connection there may be what TLS sends after the handshake.
        if self.reused and self._poll.poll(0):
            self._transport.abort()
            return None
        self._idle = False
        self._deadline = NEVER
        return self

    def room(self) -> bool:
        """Whether it is idle."""
        return self._idle and not self.lost and not self._transport.is_closing()

    async def ready(self) -> None:
        """It is."""

    async def exchange(self, call: Call) -> ClientResponse:
        """Sends a request; returns when the head of the answer is there.

        Raises:
            WireError: there is none.
            Exception: what the body of the request raised.
        """
        message = outgoing_request(call)
        if self.lost or self._transport.is_closing():
            raise UnansweredError(f"{self._origin} closed the connection before the request", refused=True)
        self._timeouts = call.timeouts
        self._stall = call.timeouts.idle
        self._complete = False
        self._head = self.loop.create_future()
        self._reader.expect(call.method)
        if message.stream is None:
            self.write(message.head, message.data)
            self._deadline = self.now() + call.timeouts.head
        else:
            self._go = asyncio.Event() if message.expects else None
            self._sender = self.loop.create_task(self._send_stream_of(call, message))
        return await self._head

    async def _send_stream_of(self, call: Call, message: Outgoing) -> None:
        try:
            start = message.head
            if self._go is not None:
                self._transport.write(start)
                start = b""
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._go.wait(), _WAIT_FOR_100)
            call.begun = True
            await self.send_stream(message, start)
        except Exception as error:  # noqa: BLE001 - whatever broke the body's iterable
            if not self.lost:
                self._fail(error)
            return
        if self._head is not None and not self._head.done():
            self._deadline = self.now() + self._timeouts.head

    def go_on(self) -> None:
        """The server wants the body."""
        if self._go is not None:
            self._go.set()

    def begin(self, status: int, headers: Headers, body: BodyStream | NoBody) -> None:
        """The head of the answer is there."""
        if self._head is not None and not self._head.done():
            self._head.set_result(ClientResponse(status, headers, body, "1.1", self._certificate))

    def finished(self) -> None:
        """The answer is complete."""
        self._complete = True
        self._deadline = NEVER

    def _fail(self, error: Exception) -> None:
        """The exchange ends here, for whoever waits for head or body."""
        self._complete = True
        self._reader.keep_alive = False
        if self._head is not None and not self._head.done():
            self._head.set_exception(error)
        elif self._reader.body is not None:
            self._reader.body.fail(error)
        self._transport.abort()

    def release(self) -> None:
        """Ends the exchange; the connection is kept if nothing of it is left."""
        sending = self._sender is not None and not self._sender.done()
        if self._sender is not None and sending:
            self._sender.cancel()
        self._sender = self._go = self._head = None
        keep = self._complete and not sending and self._reader.keep_alive and not self._retired
        if keep and not self.lost:
            self._idle = self.reused = True
            self._set_reading(True)
            self._deadline = self.now() + self._owner.limits.keep_alive
            self._owner.freed(self)
        else:
            self._complete = True
            self._transport.abort()

    def retire(self) -> None:
        """Takes no more calls; ends after the one in flight."""
        self._retired = True
        if self._idle:
            self.close()

    def close(self) -> None:
        """Closes the connection; a call that is in flight ends."""
        (self._transport.close if self._idle else self._transport.abort)()
        self._deadline = self.now() + CLOSE

    # Flow and time.

    def body_wanted(self, body: BodyStream) -> None:  # noqa: ARG002 - the protocol's signature
        """The reader waits for more."""
        self._regulate()

    def body_taken(self, body: BodyStream, size: int) -> None:  # noqa: ARG002 - the protocol's signature
        """The reader took a chunk."""
        if not self._reading:
            self._regulate()

    def stalled(self) -> None:
        """The server took nothing of the request for too long."""
        seconds = self._timeouts.idle
        self._fail(WireTimeoutError(f"{self._origin} took nothing of the request for {seconds:g} seconds"))

    def _regulate(self) -> None:
        body = self._reader.body
        if self._complete or body is None:
            return
        self._set_reading(body.size <= (HIGH_WATER if self._reading else LOW_WATER))
        self._deadline = self.now() + self._timeouts.idle if self._reading else NEVER

    def _set_reading(self, reading: bool) -> None:
        if reading is not self._reading:
            self._reading = reading
            (self._transport.resume_reading if reading else self._transport.pause_reading)()

    def check(self, now: float) -> None:
        """Acts on time limits that have passed."""
        super().check(now)
        if now <= self._deadline:
            return
        self._deadline = NEVER
        if self._transport.is_closing():
            self._transport.abort()
        elif self._complete:
            self.close()
        elif self._reader.body is None:
            self._fail(WireTimeoutError(f"{self._origin} gave no answer within {self._timeouts.head:g} seconds"))
        else:
            self._fail(
                WireTimeoutError(f"{self._origin} sent nothing of its answer for {self._timeouts.idle:g} seconds")
            )
