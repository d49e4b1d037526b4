"""One call of an HTTP/2 client: a stream, and the answer on it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from h2.errors import ErrorCodes
from h2.exceptions import H2Error

from wegennet.fsc.wire.body import NO_BODY, BodyStream
from wegennet.fsc.wire.calls import Call, UnansweredError
from wegennet.fsc.wire.errors import ProtocolError, WireTimeoutError
from wegennet.fsc.wire.h2_fields import MalformedError, outgoing, response_fields
from wegennet.fsc.wire.h2_request import request_to
from wegennet.fsc.wire.h2_stream import Http2Stream
from wegennet.fsc.wire.headers import BODILESS, allowed_trailers
from wegennet.fsc.wire.message import ClientResponse
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from h2.events import InformationalResponseReceived, ResponseReceived

    from wegennet.fsc.wire.h2_client import Http2Client

# How long a body waits for the server's 100; a server that knows no Expect would let it wait for ever.
_WAIT_FOR_100: Final = 1.0
_MOST_INFORMATIONAL: Final = 16


class ClientStream(Http2Stream):
    """A place on the connection: one call and its answer.

    Attributes:
        reused: whether the connection has answered a call before.
    """

    link: Http2Client

    def __init__(self, link: Http2Client) -> None:
        super().__init__(link, 0, 0.0)
        self.reused = link.answered
        self._call: Call | None = None
        self._head: asyncio.Future[ClientResponse] = link.loop.create_future()
        self._sender: asyncio.Task[None] | None = None
        self._go: asyncio.Event | None = None
        self._informational = 0
        self._answer_by = NEVER
        self._complete = False
        self._released = False

    # The call.

    async def exchange(self, call: Call) -> ClientResponse:
        """Sends the request; returns when the head of the answer is there.

        Raises:
            WireError: there is none.
            Exception: what the body of the request raised.
        """
        fields, length, expects = request_to(call)
        self._call, self.idle = call, call.timeouts.idle
        if self.link.paused:
            with contextlib.suppress(ConnectionError):
                await self.link.writable()
        body = call.body or b""
        last = body == b"" and call.trailers is None
        self.link.open(self, fields, end=last)
        if last or (isinstance(body, bytes) and call.trailers is None and self.send_now(body)):
            self._answer_by = self.link.now() + call.timeouts.head
        else:
            self._go = asyncio.Event() if expects else None
            self._sender = self.link.loop.create_task(self._send_body(call, body, length))
        self.link.flush_soon()
        return await self._head

    async def _send_body(self, call: Call, body: bytes | AsyncIterable[bytes], length: int | None) -> None:
        try:
            if self._go is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._go.wait(), _WAIT_FOR_100)
            if isinstance(body, bytes):
                await self.send(body, end=call.trailers is None)
            else:
                call.begun = True
                await self.send_stream(body, length)
            await self._send_end(call, body)
        except H2Error as error:
            self._fail(ProtocolError(f"{self.link.origin} ended the request before all of it was sent: {error}"))
            return
        except Exception as error:  # noqa: BLE001 - whatever broke the body's iterable
            if not self.link.lost:
                self._fail(error)
            return
        if not self._head.done():
            self._answer_by = self.link.now() + call.timeouts.head

    async def _send_end(self, call: Call, body: bytes | AsyncIterable[bytes]) -> None:
        trailers = outgoing([], allowed_trailers(call.trailers())) if call.trailers else []
        if trailers:
            self.link.h2.send_headers(self.id, trailers, end_stream=True)
            self.link.flush_soon()
        elif not isinstance(body, bytes) or call.trailers is not None:
            await self.send(b"", end=True)

    def release(self) -> None:
        """Ends the call; what has not arrived of the answer is given up."""
        if self._released:
            return
        self._released = True
        if self._sender is not None:
            self._sender.cancel()
        self.give_up_body()
        self.link.end(self)

    # The answer.

    def inform(self, event: InformationalResponseReceived) -> None:
        """An answer 1xx came."""
        self._informational += 1
        if self._informational > _MOST_INFORMATIONAL:
            self.malformed("sends informational answers without end")
        elif self._go is not None and (b":status", b"100") in event.headers:
            self._go.set()

    def answer(self, event: ResponseReceived) -> None:
        """The head of the answer is there."""
        try:
            status, headers, length = response_fields(event.headers)
        except MalformedError as error:
            self.malformed(f"sends an answer that is malformed: {error}")
            return
        bodiless = status in BODILESS or (self._call is not None and self._call.method == b"HEAD")
        self.length = 0 if bodiless else length
        self._answer_by = NEVER
        self.link.answered = True
        if event.stream_ended is None:
            self.body = BodyStream(self)
        elif self.length:
            self.malformed("sends less than Content-Length says")
            return
        if not self._head.done():
            body = self.body or NO_BODY
            self._head.set_result(ClientResponse(status, headers, body, "2", self.link.certificate))

    def received_all(self) -> None:
        """The answer is complete."""
        super().received_all()
        self._complete = True

    # Ends.

    def malformed(self, reason: str) -> None:
        """The server broke a rule in this stream."""
        self.link.reset(self.id, ErrorCodes.PROTOCOL_ERROR)
        self._fail(ProtocolError(f"{self.link.origin} {reason}"))

    def was_reset(self, code: ErrorCodes | int | None) -> None:
        """The server gave the stream up; after a complete answer that only means that it reads no more."""
        if self._complete:
            if self._sender is not None:
                self._sender.cancel()
        elif code == ErrorCodes.REFUSED_STREAM:
            self.refused()
        else:
            self._fail(ProtocolError(f"{self.link.origin} gave the request up ({code_name(code)})"))

    def refused(self) -> None:
        """The server has not acted on the request and will not."""
        self._fail(UnansweredError(f"{self.link.origin} did not take the request up", refused=True))

    def gone(self) -> None:
        """The connection is gone."""
        if not self._complete:
            self._fail(self.link.loss(began=self._head.done()))

    def expired(self) -> None:
        """The server sends nothing, or takes nothing."""
        self._fail(WireTimeoutError(f"{self.link.origin} neither sent nor took anything for {self.idle:g} seconds"))

    def check(self, now: float) -> None:
        """Acts on time limits that have passed."""
        super().check(now)
        if now > self._answer_by and self._call is not None:
            seconds = self._call.timeouts.head
            self._fail(WireTimeoutError(f"{self.link.origin} gave no answer within {seconds:g} seconds"))

    def _fail(self, error: Exception) -> None:
        self._answer_by = NEVER
        if not self._head.done():
            self._head.set_exception(error)
        elif self.body is not None:
            self.body.fail(error)


def code_name(code: ErrorCodes | int | None) -> str:
    """The name of an error code."""
    try:
        return ErrorCodes(code or 0).name
    except ValueError:
        return f"error {code}"
