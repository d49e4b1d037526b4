"""One HTTP/2 connection of a client: calls side by side."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any, Final

from h2.errors import ErrorCodes
from h2.events import InformationalResponseReceived, RemoteSettingsChanged, ResponseReceived

from wegennet.fsc.wire.body import NO_BODY, BodyStream
from wegennet.fsc.wire.calls import Call, UnansweredError
from wegennet.fsc.wire.errors import ProtocolError, TlsError, WireError, WireTimeoutError
from wegennet.fsc.wire.h1_request import check_start, take_whole
from wegennet.fsc.wire.h2_fields import MalformedError, outgoing, response_fields
from wegennet.fsc.wire.h2_link import Http2Link
from wegennet.fsc.wire.h2_stream import Http2Stream
from wegennet.fsc.wire.headers import allowed_trailers, content_length
from wegennet.fsc.wire.message import ClientResponse, Headers
from wegennet.fsc.wire.sending import CLOSE
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from wegennet.fsc.wire.calls import LineOwner

_BODILESS: Final = frozenset({204, 304})
_WITH_BODY: Final = frozenset({b"POST", b"PUT", b"PATCH"})
_KEPT_APART: Final = frozenset({b"host", b"content-length", b"te", b"expect"})
_WAIT_FOR_100: Final = 1.0
_MOST_INFORMATIONAL: Final = 16
_LAST_STREAM: Final = 2**31 - 3
# Calls have limits of their own; this is for the connection that they share.
_STALL: Final = 60.0


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
        fields, length, expects = _request(call)
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
        bodiless = status in _BODILESS or (self._call is not None and self._call.method == b"HEAD")
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
            self._fail(ProtocolError(f"{self.link.origin} gave the request up ({_name(code)})"))

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


class Http2Client(Http2Link[ClientStream]):
    """Makes calls.

    Attributes:
        answered: whether there was an answer on it.
        certificate: of the server.
        listed: whether its owner lists it as having room.
        origin: of the server.
    """

    def __init__(self, owner: LineOwner) -> None:
        super().__init__(asyncio.get_running_loop(), _STALL, owner.limits, client=True)
        self._owner = owner
        self.origin = owner.origin
        self._settings: asyncio.Future[None] = self.loop.create_future()
        self._places = 0
        self._going = False
        self._deadline = NEVER
        self._reason = ""
        self._lost_by: Exception | None = None
        self.answered = False
        self.certificate: bytes | None = None
        self.listed = False
        self._on[ResponseReceived] = lambda event: self._to_stream(event, ClientStream.answer)
        self._on[InformationalResponseReceived] = lambda event: self._to_stream(event, ClientStream.inform)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        super().connection_made(transport)
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self.certificate = tls.getpeercert(binary_form=True) if tls else None
        self._owner.sweep.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._lost_by = exc
        super().connection_lost(exc)
        self._owner.sweep.discard(self)
        if not self._settings.done():
            self._settings.set_exception(self.loss(began=False))
            self._settings.exception()
        self._owner.closed(self)

    def loss(self, *, began: bool) -> WireError:
        """Why a call ends with the connection."""
        if isinstance(self._lost_by, ssl.SSLError):
            return TlsError(f"{self.origin} ended TLS: {self._lost_by.reason or self._lost_by}")
        if self._reason:
            return ProtocolError(f"{self.origin} {self._reason}")
        if began:
            return ProtocolError(f"{self.origin} closed the connection in the middle of an answer")
        return UnansweredError(f"{self.origin} closed the connection without an answer")

    # Places.

    async def ready(self) -> None:
        """Waits for the server's settings, which say how many calls it takes.

        Raises:
            WireError: it closed the connection, or speaks no HTTP/2.
        """
        await self._settings

    def on_settings(self, event: RemoteSettingsChanged) -> None:
        """The server's settings are known or changed."""
        super().on_settings(event)
        if not self._settings.done():
            self._settings.set_result(None)
        elif self.room():
            self._owner.freed(self)

    def room(self) -> bool:
        """Whether another call can be made."""
        most = min(self._owner.limits.streams, self.h2.remote_settings.max_concurrent_streams)
        closed = self._going or self._broken or self.lost or self._transport.is_closing()
        return not closed and self._places < most and self.h2.highest_outbound_stream_id < _LAST_STREAM

    def take(self) -> ClientStream | None:
        """A place for a call, if there is one."""
        if not self.room():
            return None
        self._places += 1
        self._deadline = NEVER
        return ClientStream(self)

    def open(self, stream: ClientStream, fields: Headers, *, end: bool) -> None:
        """Opens the stream of a place.

        Raises:
            UnansweredError: the server takes up no new ones.
        """
        if self._going or self._broken or self.lost:
            raise UnansweredError(f"{self.origin} takes up no more requests on this connection", refused=True)
        stream.id = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream.id, fields, end_stream=end)
        self.streams[stream.id] = stream

    def end(self, stream: ClientStream) -> None:
        """A place is free again."""
        self._places -= 1
        if self.streams.pop(stream.id, None) is not None:
            inner = self.h2.streams.get(stream.id)
            if inner is not None and not inner.closed and not self._broken:
                self.reset(stream.id, ErrorCodes.CANCEL)
        if self._places == 0:
            self._rest()
        if self.room():
            self._owner.freed(self)

    def _rest(self) -> None:
        if self._going:
            self.close()
        else:
            self._deadline = self.now() + self._owner.limits.keep_alive

    def retire(self) -> None:
        """Takes no more calls; ends after those in flight."""
        self._going = True
        if self._places == 0:
            self.close()

    def close(self) -> None:
        """Closes the connection; calls that are in flight end."""
        self._going = True
        self.flush()
        (self._transport.abort if self.streams else self._transport.close)()
        self._deadline = self.now() + CLOSE

    # What the server says.

    def _to_stream(self, event: Any, act: Any) -> None:
        if stream := self.streams.get(event.stream_id):
            self.check_lengths_here(event.stream_id)
            act(stream, event)

    def on_goaway(self, last_stream: int, code: int) -> None:
        """The server takes up no streams above `last_stream`."""
        self._going = True
        if code:
            self._reason = f"ended the connection ({_name(code)})"
        for stream in tuple(self.streams.values()):
            if stream.id > last_stream:
                stream.refused()
        if self._places == 0:
            self.close()

    def on_break(self, reason: str) -> None:
        """The server broke the protocol."""
        self._reason = f"breaks HTTP/2: {reason}"
        self._transport.close()

    def check(self, now: float) -> None:
        """Acts on time limits that have passed."""
        super().check(now)
        if now > self._deadline:
            (self._transport.abort if self._transport.is_closing() else self.close)()


def _name(code: ErrorCodes | int | None) -> str:
    try:
        return ErrorCodes(code or 0).name
    except ValueError:
        return f"error {code}"


def _request(call: Call) -> tuple[Headers, int | None, bool]:
    """Fields of a request, the length that its body must have, and whether the body waits for 100.

    Raises:
        ValueError: it cannot be sent as it is.
    """
    take_whole(call)
    apart = {header[0]: header[1] for header in call.headers if header[0] in _KEPT_APART}
    host = apart.get(b"host") or call.origin.netloc.encode()
    check_start(call, host)
    headers = [header for header in call.headers if header[0] not in _KEPT_APART]
    length, streamed = _length(call, apart.get(b"content-length")), not isinstance(call.body, bytes | None)
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    pseudo = [
        (b":method", call.method),
        (b":scheme", call.origin.scheme.encode()),
        (b":authority", host),
        (b":path", call.target),
    ]
    fields = outgoing(pseudo, headers)
    if apart.get(b"te", b"").lower() == b"trailers":
        fields.append((b"te", b"trailers"))
    expects = streamed and apart.get(b"expect", b"").lower() == b"100-continue"
    if expects:
        fields.append((b"expect", b"100-continue"))
    return fields, length, expects


def _length(call: Call, declared: bytes | None) -> int | None:
    if isinstance(call.body, bytes):
        return len(call.body)
    length = None if declared is None else content_length(declared)
    if declared is not None and length is None:
        raise ValueError("Content-Length is no length")
    if call.body is None:
        if length:
            raise ValueError("Content-Length is given, and no body")
        return 0 if declared is not None or call.method in _WITH_BODY else None
    return length
