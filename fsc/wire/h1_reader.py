"""Octets of an HTTP/1.1 connection to requests: llhttp's grammar, our limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Never, Protocol

from httptools import HttpParserError, HttpParserInvalidMethodError, HttpParserUpgrade, HttpRequestParser

from wegennet.fsc.wire.body import NO_BODY, BodyStream, NoBody, Source
from wegennet.fsc.wire.errors import Refusal
from wegennet.fsc.wire.h1_head import RequestHead, request_head
from wegennet.fsc.wire.headers import allowed_trailers

if TYPE_CHECKING:
    from wegennet.fsc.wire.limits import Limits
    from wegennet.fsc.wire.message import Headers

# Outside a body of known length the parser gets this much at a time, so that requests that wait stay few.
_SLICE: Final = 16 * 1024
# Octets beside data that each chunk may take (its size, line breaks, a small extension); more adds up to a limit.
_FREE_PER_CHUNK: Final = 32


class Sink(Source, Protocol):
    """The connection that requests go to."""

    def begin(self, head: RequestHead, body: BodyStream | NoBody) -> None:
        """The head of a request is complete; what follows of its body comes in `body`."""

    @property
    def full(self) -> bool:
        """Whether requests wait, so that nothing more should be read."""


class RequestReader:
    """Parses one connection.

    Attributes:
        body: the body that is coming in; None when a head is next.
        in_head: whether a part of a head has arrived.
        left: octets to come of a body of known length.
        finished: whether the last request of the connection has arrived; what follows is ignored.
    """

    def __init__(self, sink: Sink, limits: Limits) -> None:
        self._sink = sink
        self._limits = limits
        self._parser = HttpRequestParser(self)
        self._target = b""
        self._headers: Headers = []  # of the head, then of the trailers
        self._size = 0  # of these
        self._unseen = 0  # octets that the parser took in since it last showed a head, data or an end
        self._free = 0  # octets of the present slice that don't count among these
        self._parts: list[bytes] = []
        self._refusal: Refusal | None = None
        self._keep_alive = True
        self._framing = b""  # of a body that the parser left out because of an Upgrade
        self._muted = False
        self.body: BodyStream | None = None
        self.left = 0
        self.in_head = False
        self.finished = False

    def feed(self, data: bytes) -> bytes:
        """Parses what arrived; returns what is left of it when requests wait.

        Raises:
            Refusal: this is no request that may be handled, and what follows cannot be understood.
        """
        if len(data) <= _SLICE:
            self._feed(data)
            return b""
        view = memoryview(data)
        while view and not self._sink.full:
            size = max(_SLICE, self.left)
            self._feed(view[:size])
            view = view[size:]
        return bytes(view)

    def _feed(self, data: bytes | memoryview) -> None:
        rest: memoryview | None = memoryview(data)
        while rest is not None and not self.finished:
            rest = self._parse(rest)

    def _parse(self, data: memoryview) -> memoryview | None:
        """Parses up to the end, or up to an upgrade; returns what follows that."""
        self._free = 0
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._ignore_upgrade()
            return data[upgrade.args[0] :]
        except HttpParserInvalidMethodError:
            raise Refusal(501, "this method is unknown") from None
        except HttpParserError as error:
            if self.finished:
                return None
            self._flush()
            raise self._refusal or Refusal(400, f"this is not HTTP: {error}") from None
        self._flush()
        self._unseen = max(0, self._unseen + len(data) - self._free)
        if self._unseen > self._limits.head_bytes + _SLICE:
            raise Refusal(431, "the head, a chunk's extension or the trailers are too long")
        return None

    def _ignore_upgrade(self) -> None:
        """Goes on in HTTP/1.1 after a request with `Upgrade`, which a server may ignore (RFC 9110, section 7.8).

        llhttp stops there and takes the body for the other protocol, so a new parser is told of the body's framing.
        Java's HTTP client asks for h2c like this, also with a body.
        """
        self._unseen = 0
        self._parser = HttpRequestParser(self)
        if self._framing:
            self._muted = True
            self._parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n\r\n" % self._framing)
            self._framing = b""

    def _flush(self) -> None:
        if self._parts:
            data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts.clear()
            if self.body is not None:
                self.body.feed(data)

    def _refuse(self, status: int, message: str) -> Never:
        self._refusal = Refusal(status, message)
        raise self._refusal

    # What llhttp calls.

    def on_message_begin(self) -> None:
        """The first octet of a request."""
        self.in_head = True

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        if self._muted:
            return
        self._target += url
        if len(self._target) > self._limits.target_bytes:
            self._refuse(414, f"the request target is longer than {self._limits.target_bytes} octets")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head, or a trailer."""
        if self._muted:
            return
        if value and value[-1] in b" \t":
            value = value.rstrip(b" \t")
        self._headers.append((name.lower(), value))
        self._size += len(name) + len(value) + 4
        if self._size + len(self._target) > self._limits.head_bytes or len(self._headers) > self._limits.headers:
            self._refuse(431, "the header fields are too many or too long")

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._free = 1 << 62
        self.in_head = False
        if self._muted:
            self._muted = False
            return
        headers, target = self._headers, self._target
        self._headers, self._target, self._size = [], b"", 0
        parser = self._parser
        try:
            head = request_head(
                parser.get_method(), target, headers, parser.get_http_version(), keep_alive=parser.should_keep_alive()
            )
        except Refusal as refusal:
            self._refuse(refusal.status, str(refusal))
        self._begin(head)

    def _begin(self, head: RequestHead) -> None:
        self._keep_alive = head.keep_alive
        self.left = head.length or 0
        if head.length == 0 or head.method == b"CONNECT":
            self._sink.begin(head, NO_BODY)
            return
        if self._parser.should_upgrade():
            length = head.length
            self._framing = b"transfer-encoding: chunked" if length is None else b"content-length: %d" % length
        self.body = BodyStream(self._sink)
        self._sink.begin(head, self.body)

    def on_chunk_header(self) -> None:
        """The size of a chunk."""
        self._free += _FREE_PER_CHUNK

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        self.left -= len(data)
        self._free += 2 * len(data)
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """The end of the body and trailers."""
        if self._framing:
            return
        self._free = 1 << 62
        self.left = 0
        self.finished = not self._keep_alive
        if self.body is not None:
            self._flush()
            self.body.finish(allowed_trailers(self._headers))
            self.body = None
            self._headers, self._size = [], 0
