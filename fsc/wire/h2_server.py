"""One HTTP/2 connection of a server: requests side by side, one task each."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from h2.errors import ErrorCodes
from h2.events import RequestReceived
from h2.exceptions import H2Error

from wegennet.fsc.wire.body import NO_BODY, BodyStream, NoBody
from wegennet.fsc.wire.errors import RequestBodyError
from wegennet.fsc.wire.h2_fields import MalformedError, RequestFields, outgoing, request_fields
from wegennet.fsc.wire.h2_link import Http2Link
from wegennet.fsc.wire.h2_response import answer_to
from wegennet.fsc.wire.h2_stream import Http2Stream
from wegennet.fsc.wire.headers import BODILESS, allowed_trailers
from wegennet.fsc.wire.message import Request, Response
from wegennet.fsc.wire.sending import CLOSE, LINGER
from wegennet.fsc.wire.serving import broke_off, plain
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    import asyncio

    from wegennet.fsc.wire.message import ClientInfo
    from wegennet.fsc.wire.serving import Serving

# Clients of a proxy give up now and then; a flood is when most of their requests are given up.
_RESETS_PER_ANSWER: Final = 0.5

_log = logging.getLogger(__name__)


class ServerStream(Http2Stream):
    """A request and its answer."""

    def __init__(self, link: Http2Connection, stream_id: int, fields: RequestFields, *, ended: bool) -> None:
        super().__init__(link, stream_id, link.serving.limits.idle)
        self.min_rate = link.serving.limits.min_rate
        self.length = fields.length
        self.body = None if ended else BodyStream(self)
        self.expects = not ended and any(name == b"expect" for name, _ in fields.headers)
        self.task: asyncio.Task[None] | None = None

    def body_wanted(self, body: BodyStream) -> None:
        """The handler waits for the body: time to ask the client for it."""
        if self.expects:
            self.expects = False
            self.link.h2.send_headers(self.id, [(b":status", b"100")])
            self.link.flush_soon()
        super().body_wanted(body)

    def malformed(self, reason: str) -> None:
        """The client broke a rule in this stream."""
        self.link.reset(self.id, ErrorCodes.PROTOCOL_ERROR)
        self.link.frames.resets.spend()
        self._stop(reason)

    def was_reset(self, code: ErrorCodes | int | None) -> None:  # noqa: ARG002 - why it did makes no difference
        """The client gave the request up."""
        self._stop("the client gave the request up")

    def gone(self) -> None:
        """The connection is gone."""
        self._stop("the client went away in the middle of the body")

    def expired(self) -> None:
        """The client sends nothing of the body, or takes nothing of the answer."""
        if self.body is not None and not self.body.ended:
            self.body.fail(RequestBodyError(408, f"nothing of the body came for {self.idle:g} seconds"))
        else:
            self.link.reset(self.id, ErrorCodes.CANCEL)
            self._stop("the client takes nothing of the answer")

    def _stop(self, reason: str) -> None:
        if self.body is not None:
            self.body.fail(RequestBodyError(400, reason))
        if self.task is not None:
            self.task.cancel()


class Http2Connection(Http2Link[ServerStream]):
    """Reads requests, gives each to the handler, writes the answers.

    Args:
        serving: what all connections of the server share.
        client: who is at the other end.
    """

    def __init__(self, serving: Serving, client: ClientInfo) -> None:
        super().__init__(serving.loop, serving.limits.idle, serving.limits, client=False)
        self.serving = serving
        self._client_info = client
        self._leaving = False
        self._deadline = NEVER
        self._on[RequestReceived] = self._on_request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open; a request must come within the time for a head."""
        super().connection_made(transport)
        self._deadline = self.now() + self.serving.limits.head
        self.serving.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and nobody waits for the answers."""
        super().connection_lost(exc)
        self.serving.closed(self)

    # Requests.

    def _on_request(self, event: RequestReceived) -> None:
        stream_id, ended = event.stream_id, event.stream_ended is not None
        self.check_lengths_here(stream_id)
        if self._leaving or len(self.streams) >= self.serving.limits.streams:
            self.frames.resets.spend()
            self.reset(stream_id, ErrorCodes.REFUSED_STREAM)
            return
        try:
            fields = request_fields(event.headers)
        except MalformedError:
            self.frames.resets.spend()
            self.reset(stream_id, ErrorCodes.PROTOCOL_ERROR)
            return
        if ended and fields.length:
            self.frames.resets.spend()
            self.reset(stream_id, ErrorCodes.PROTOCOL_ERROR)
        elif refused := self._refusal(fields):
            self.h2.send_headers(stream_id, [(b":status", b"%d" % refused)], end_stream=True)
            self._end(stream_id)
        else:
            self._start(ServerStream(self, stream_id, fields, ended=ended), fields)

    def _refusal(self, fields: RequestFields) -> int | None:
        limits = self.serving.limits
        if len(fields.target) > limits.target_bytes:
            return 414
        if fields.size > limits.head_bytes or len(fields.headers) > limits.headers:
            return 431
        expected = [value.lower() for name, value in fields.headers if name == b"expect"]
        return 417 if expected and expected != [b"100-continue"] else None

    def _start(self, stream: ServerStream, fields: RequestFields) -> None:
        body: BodyStream | NoBody = stream.body or NO_BODY
        request = Request(
            fields.method, fields.target, fields.authority, fields.scheme, fields.headers, body, "2", self._client_info
        )
        self.streams[stream.id] = stream
        self._deadline = NEVER
        stream.task = self.loop.create_task(self._serve(stream, request))

    async def _serve(self, stream: ServerStream, request: Request) -> None:
        try:
            response = await self.serving.answer(request)
            try:
                await self._respond(stream, request, response)
            finally:
                self.serving.release(response)
        except H2Error as error:
            _log.info("The client ended a %s request before its answer was sent: %s", request.method.decode(), error)
        except Exception as error:  # noqa: BLE001 - whatever broke the body's iterable
            if not self.lost:
                broke_off(request.method, error)
            self.reset(stream.id, ErrorCodes.INTERNAL_ERROR)
        finally:
            stream.give_up_body()
            del self.streams[stream.id]
            self._rest()

    # Answers.

    async def _respond(self, stream: ServerStream, request: Request, response: Response) -> None:
        try:
            headers, whole, length = answer_to(request, response)
        except ValueError:
            _log.exception("The answer to a %s request cannot be sent", request.method.decode())
            headers, whole, length = answer_to(request, response := plain(500, "internal server error"))
        stream.expects = False
        if self.paused:
            await self.writable()
        bodiless = request.method == b"HEAD" or response.status in BODILESS
        trailers = response.trailers
        last = bodiless or (not whole and whole is not None and trailers is None)
        self.h2.send_headers(stream.id, headers, end_stream=last)
        if not last:
            await self._send_body(stream, response, whole, length)
        self.frames.resets.earn(_RESETS_PER_ANSWER)
        self._end(stream.id)

    async def _send_body(
        self, stream: ServerStream, response: Response, whole: bytes | None, length: int | None
    ) -> None:
        if whole is None:
            self.flush_soon()
            await stream.send_stream(response.body, length)  # type: ignore[arg-type]
        trailers = outgoing([], allowed_trailers(response.trailers())) if response.trailers else []
        if whole or not trailers:
            await stream.send(whole or b"", end=not trailers)
        if trailers:
            self.h2.send_headers(stream.id, trailers, end_stream=True)

    def _end(self, stream_id: int) -> None:
        """After the answer: a request of which something is still to come is given up (RFC 9113, section 8.1)."""
        stream = self.h2.streams.get(stream_id)
        if stream is not None and not stream.closed:
            self.h2.reset_stream(stream_id, ErrorCodes.NO_ERROR)
        self.flush_soon()

    # Leaving.

    def _rest(self) -> None:
        """Nothing may be in flight any more."""
        if self.streams or self.lost or self._broken:
            return
        if self._leaving:
            self._close()
        else:
            self._deadline = self.now() + self.serving.limits.keep_alive

    def _close(self) -> None:
        self.flush()
        self._transport.close()
        self._deadline = self.now() + max(CLOSE, self.serving.limits.idle)

    def on_goaway(self, last_stream: int, code: int) -> None:  # noqa: ARG002 - we open no streams
        """The client leaves."""
        self._leaving = True
        self._rest()

    def on_break(self, reason: str) -> None:
        """The client broke the protocol."""
        _log.info("An HTTP/2 connection from %s is closed: %s", self._client_info.address, reason)
        for stream in tuple(self.streams.values()):
            stream.gone()
        self.half_close()
        self._deadline = self.now() + LINGER

    def drain(self) -> None:
        """Ends after the requests in flight."""
        if not self._leaving:
            self._leaving = True
            self.goaway()
        self._rest()

    def evict(self) -> bool:
        """Ends at once if it waits for another request; says whether it did."""
        if self.streams or self.lost or not self.h2.highest_inbound_stream_id:
            return False
        self._transport.abort()
        return True

    def abort(self) -> None:
        """Ends at once."""
        self._transport.abort()

    def check(self, now: float) -> None:
        """Acts on time limits that have passed."""
        super().check(now)
        if now > self._deadline:
            if self._transport.is_closing():
                self._deadline = NEVER
                self._transport.abort()
            elif self._broken:
                self._close()
            else:
                self.drain()
