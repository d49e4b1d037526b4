"""One HTTP/1.1 connection of a server: requests in order, one task each."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from wegennet.fsc.wire.awaited import Awaited, times
from wegennet.fsc.wire.body import BodyStream, NoBody
from wegennet.fsc.wire.errors import Refusal, RequestBodyError
from wegennet.fsc.wire.h1_reader import RequestReader
from wegennet.fsc.wire.h1_write import CONTINUE, outgoing_response
from wegennet.fsc.wire.limits import HIGH_WATER, LOW_WATER
from wegennet.fsc.wire.message import Request
from wegennet.fsc.wire.sending import Sending
from wegennet.fsc.wire.serving import broke_off, plain
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    import asyncio

    from wegennet.fsc.wire.h1_head import RequestHead
    from wegennet.fsc.wire.message import ClientInfo, Response
    from wegennet.fsc.wire.serving import Serving

_log = logging.getLogger(__name__)


class Http1Connection(Sending):
    """Reads requests, gives them to the handler one after another, and writes the answers.

    Args:
        serving: what all connections of the server share.
        client: who is at the other end.
    """

    def __init__(self, serving: Serving, client: ClientInfo) -> None:
        super().__init__(serving.loop, serving.limits.idle)
        self._serving = serving
        self._limits = serving.limits
        self._client = client
        self._scheme = b"https" if client.tls_version else b"http"
        self._reader = RequestReader(self, serving.limits)
        self._waiting: deque[tuple[RequestHead, BodyStream | NoBody]] = deque()
        self._held = b""  # octets after requests that wait
        self._refusal: Refusal | None = None
        self._broken: BodyStream | None = None  # the body in which the refusal came
        self._task: asyncio.Task[None] | None = None
        self._body: BodyStream | NoBody | None = None  # of the request that is being handled
        self._expects = False  # whether its client waits for 100
        self._reading = True
        self._leaving = False
        self._times = times(serving.limits)
        self._awaited = Awaited.HEAD
        self._deadline = NEVER

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open; a head must come within its time."""
        super().connection_made(transport)
        self._deadline = self.now() + self._limits.head
        self._serving.opened(self)

    def data_received(self, data: bytes) -> None:
        """Octets arrived."""
        if self._leaving:
            self.throw_away(len(data))
        elif self._held:
            self._held += data
        elif self._refusal is None:
            self._read(data)

    def eof_received(self) -> bool:
        """The client sends no more; for a client of HTTP that means that it went away."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and nobody waits for the answer."""
        super().connection_lost(exc)
        self._serving.closed(self)
        gone = RequestBodyError(400, "the client went away in the middle of the body")
        for body in (self._reader.body, self._body):
            if isinstance(body, BodyStream):
                body.fail(gone)
        if self._task is not None:
            self._task.cancel()

    # Reading.

    def _read(self, data: bytes) -> None:
        try:
            self._held = self._reader.feed(data)
        except Refusal as refusal:
            self._refusal = refusal
            self._broken, self._reader.body = self._reader.body, None
            if self._broken is not None:
                self._broken.fail(RequestBodyError(refusal.status, str(refusal)))
            elif self._task is None:
                self._next()
        self._regulate(len(data))

    @property
    def full(self) -> bool:
        """Whether a request waits for another one."""
        return bool(self._waiting)

    def begin(self, head: RequestHead, body: BodyStream | NoBody) -> None:
        """A request came in."""
        self._waiting.append((head, body))
        if self._task is None:
            self._next()

    def body_wanted(self, body: BodyStream) -> None:
        """The handler waits for the body: time to ask the client for it."""
        if self._expects and body is self._body:
            self._expects = False
            self._transport.write(CONTINUE)
        self._regulate()

    def body_taken(self, body: BodyStream, size: int) -> None:  # noqa: ARG002 - the protocol's signature
        """The handler took a chunk."""
        if not self._reading:
            self._regulate()

    def _regulate(self, size: int = 0) -> None:
        """Reads on or not, and sets the time limit of what the client has to do after `size` octets more."""
        if self._leaving or self.lost:
            return
        body = self._reader.body
        stuffed = body is not None and body.size > (HIGH_WATER if self._reading else LOW_WATER)
        self._set_reading(not stuffed and not self._waiting and not self._held)
        awaited = self._next_awaited(body)
        if awaited is not self._awaited:
            self._await(awaited)
        elif awaited is Awaited.BODY and size:
            earned = size / self._limits.min_rate if self._limits.min_rate else NEVER
            self._deadline = min(self.now() + self._limits.idle, self._deadline + earned)

    def _next_awaited(self, body: BodyStream | None) -> Awaited:
        if not self._reading or (body is not None and self._expects):
            return Awaited.NOTHING
        if body is not None:
            return Awaited.BODY
        if self._task is not None:
            return Awaited.NOTHING
        return Awaited.HEAD if self._reader.in_head else Awaited.REQUEST

    def _await(self, awaited: Awaited) -> None:
        self._awaited = awaited
        self._deadline = self.now() + self._times[awaited]

    def _set_reading(self, reading: bool) -> None:
        if reading is not self._reading:
            self._reading = reading
            (self._transport.resume_reading if reading else self._transport.pause_reading)()

    # Handling.

    def _next(self) -> None:
        """Takes up the next request, or the refusal that came after them."""
        if self._waiting:
            head, body = self._waiting.popleft()
            self._body, self._expects = body, head.expects and not body.ended
            self._task = self.loop.create_task(self._serve(head, body))
        elif self._refusal is not None and self._broken is None:
            self._answer_refusal(self._refusal)
        elif self._held:
            held, self._held = self._held, b""
            self._read(held)
        elif self._serving.draining and not self._reader.in_head:
            self._leave()

    async def _serve(self, head: RequestHead, body: BodyStream | NoBody) -> None:
        request = Request(
            head.method, head.target, head.authority, head.scheme or self._scheme, head.headers, body, head.version,
            self._client,
        )  # fmt: skip
        response = await self._serving.answer(request)
        try:
            keep = await self._respond(head, body, response)
            if keep and not body.ended:
                keep = await self._discard(body)
        except Exception as error:  # noqa: BLE001 - whatever broke the body's iterable
            if not self.lost:
                broke_off(head.method, error)
            self._transport.abort()
            return
        finally:
            self._serving.release(response)
        self._task = self._body = None
        if keep:
            self._next()
            self._regulate()
        else:
            self._leave()

    async def _respond(self, head: RequestHead, body: BodyStream | NoBody, response: Response) -> bool:
        """Writes the answer; says whether another request may follow."""
        close = not head.keep_alive or self._serving.draining or self._broken is body or self._too_much(body)
        self._expects = False
        try:
            message = outgoing_response(response, method=head.method, version=head.version, close=close)
        except ValueError:
            _log.exception("The answer to a %s request cannot be sent", head.method.decode())
            message = outgoing_response(
                plain(500, "internal server error"), method=head.method, version=head.version, close=True
            )
        await self.send(message)
        return not message.close

    def _too_much(self, body: BodyStream | NoBody) -> bool:
        """Whether so much of the body is to come that closing is better than reading it for nothing."""
        return not body.ended and (self._expects or self._reader.left > self._limits.discard_bytes)

    async def _discard(self, body: BodyStream | NoBody) -> bool:
        """Reads the rest of a body that the handler left; says whether it came to an end within the limits."""
        size = 0
        try:
            async for chunk in body:
                size += len(chunk)
                if size > self._limits.discard_bytes:
                    return False
        except RequestBodyError:
            return False
        return True

    # Leaving.

    def _answer_refusal(self, refusal: Refusal) -> None:
        response = plain(refusal.status, str(refusal))
        message = outgoing_response(response, method=b"GET", version="1.1", close=True)
        self._transport.write(message.head + message.data)
        self._leave()

    def _leave(self) -> None:
        """Closes; when the client still sends, after a while in which that is thrown away."""
        if self._leaving or self.lost:
            return
        self._leaving = True
        unread = self._reader.body is not None or self._refusal is not None or not self._reading
        self._set_reading(True)
        if not unread:
            self._transport.close()
            self._await(Awaited.CLOSE)
            return
        self.half_close()
        self._await(Awaited.LEAVING)

    def drain(self) -> None:
        """Ends after the request in flight."""
        if self._task is None and not self._waiting and not self._reader.in_head:
            self._leave()

    def evict(self) -> bool:
        """Ends at once if it waits for another request; says whether it did."""
        if self._awaited is not Awaited.REQUEST or self.lost:
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
            self._deadline = NEVER
            self._expire()

    def _expire(self) -> None:
        if self._awaited is Awaited.HEAD and self._reader.in_head:
            self._refusal = Refusal(408, f"the head of a request took longer than {self._limits.head:g} seconds")
            self._answer_refusal(self._refusal)
        elif self._awaited is Awaited.BODY and isinstance(self._reader.body, BodyStream):
            self._refusal = Refusal(408, f"nothing of the body came for {self._limits.idle:g} seconds")
            self._broken, self._reader.body = self._reader.body, None
            self._broken.fail(RequestBodyError(408, str(self._refusal)))
        elif self._awaited is Awaited.CLOSE:
            self._transport.abort()
        else:
            self._transport.close()
            self._await(Awaited.CLOSE)
