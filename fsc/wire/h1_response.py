"""Octets of an HTTP/1.1 connection to answers: llhttp's grammar, and what a client must not accept beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Never, Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from wegennet.fsc.wire.body import NO_BODY, BodyStream, NoBody, Source
from wegennet.fsc.wire.errors import ProtocolError
from wegennet.fsc.wire.headers import BODILESS, allowed_trailers, content_length

if TYPE_CHECKING:
    from wegennet.fsc.wire.limits import ClientLimits
    from wegennet.fsc.wire.message import Headers

_SLACK: Final = 256 * 1024
_FREE_PER_CHUNK: Final = 32
_MOST_INFORMATIONAL: Final = 16
_CONTINUE, _SWITCHING, _LEAST_FINAL = 100, 101, 200


class ResponseSink(Source, Protocol):
    """The connection that answers go to."""

    def go_on(self) -> None:
        """The server wants the body of the request."""

    def begin(self, status: int, headers: Headers, body: BodyStream | NoBody) -> None:
        """The head of the answer is complete; what follows of its body comes in `body`."""

    def finished(self) -> None:
        """The answer is complete."""


class ResponseReader:
    """Parses one connection; `expect` announces each answer.

    Attributes:
        body: the body that is coming in.
        began: whether anything of the answer has arrived.
        keep_alive: whether another request may follow.
    """

    def __init__(self, sink: ResponseSink, limits: ClientLimits) -> None:
        self._sink = sink
        self._limits = limits
        self._parser = HttpResponseParser(self)
        self._method = b""
        self._headers: Headers = []
        self._size = 0
        self._unseen = 0
        self._free = 0
        self._parts: list[bytes] = []
        self._error = ""
        self._informational = 0
        self._passing = False  # whether the present answer is informational
        self._to_the_end = False  # whether the body ends with the connection
        self._expecting = False
        self.body: BodyStream | None = None
        self.began = False
        self.keep_alive = True

    def expect(self, method: bytes) -> None:
        """An answer to `method` comes next."""
        self._method = method
        self._informational = 0
        self._expecting, self.began = True, False

    def feed(self, data: bytes) -> None:
        """Parses what arrived.

        Raises:
            ProtocolError: without the name of the server.
        """
        self.began = True
        self._free = 0
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise ProtocolError("switches to a protocol that nobody asked for") from None
        except HttpParserError as error:
            self._flush()
            self.keep_alive = False
            if self._expecting:
                raise ProtocolError(self._error or f"does not speak HTTP: {error}") from None
            return
        self._flush()
        self._unseen = max(0, self._unseen + len(data) - self._free)
        if self._unseen > self._limits.head_bytes + _SLACK:
            raise ProtocolError("sends a head, chunk extension or trailers that are too long")

    def end(self) -> None:
        """The connection has ended: for some answers that is the end of the body."""
        if self._to_the_end and self.body is not None:
            self.body.finish([])
            self._done()

    def _flush(self) -> None:
        if self._parts:
            data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts.clear()
            if self.body is not None:
                self.body.feed(data)

    def _refuse(self, message: str) -> Never:
        self._error = message
        raise ProtocolError(message)

    def _done(self) -> None:
        self.body = None
        self._to_the_end = self._expecting = False
        self._headers, self._size = [], 0
        self._sink.finished()

    # What llhttp calls.

    def on_message_begin(self) -> None:
        """The first octet of an answer."""
        if not self._expecting:
            self.keep_alive = False
            self._refuse("sends an answer without a request")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head, or a trailer."""
        if value and value[-1] in b" \t":
            value = value.rstrip(b" \t")
        self._headers.append((name.lower(), value))
        self._size += len(name) + len(value) + 4
        if self._size > self._limits.head_bytes or len(self._headers) > self._limits.headers:
            self._refuse("sends header fields that are too many or too long")

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._free = 1 << 62
        headers, status = self._headers, self._parser.get_status_code()
        self._headers, self._size = [], 0
        if status < _LEAST_FINAL:
            self._inform(status)
            return
        self._passing = False
        length = self._length(status, headers)
        self.keep_alive = self.keep_alive and self._may_follow(headers) and not self._to_the_end
        if length == 0:
            self._sink.begin(status, headers, NO_BODY)
        else:
            self.body = BodyStream(self._sink)
            self._sink.begin(status, headers, self.body)
        if self._method == b"HEAD":
            # llhttp does not know that no body comes, so the next answer needs another parser.
            self._parser = HttpResponseParser(self)
            self._done()

    def _inform(self, status: int) -> None:
        self._passing = True
        self._informational += 1
        if status < _CONTINUE or status == _SWITCHING or self._informational > _MOST_INFORMATIONAL:
            self._refuse("sends an informational answer that makes no sense")
        if status == _CONTINUE:
            self._sink.go_on()

    def _length(self, status: int, headers: Headers) -> int | None:
        """Length of the body; None when it is chunked or ends with the connection (RFC 9112, section 6.3)."""
        lengths = [value for name, value in headers if name == b"content-length"]
        codings = [value for name, value in headers if name == b"transfer-encoding"]
        if self._method == b"HEAD" or status in BODILESS:
            return 0
        if codings:
            if lengths or len(codings) > 1 or codings[0].lower() != b"chunked" or self._version() == "1.0":
                self._refuse("frames its answer in a way that is ambiguous or unknown")
            return None
        if not lengths:
            self._to_the_end = True
            return None
        length = content_length(lengths[0])
        if length is None or len(lengths) > 1:
            self._refuse("sends a Content-Length that is no length")
        return length

    def _version(self) -> str:
        return self._parser.get_http_version()

    def _may_follow(self, headers: Headers) -> bool:
        if self._version() != "1.1":
            return False
        return not any(name == b"connection" and b"close" in value.lower() for name, value in headers)

    def on_chunk_header(self) -> None:
        """The size of a chunk."""
        self._free += _FREE_PER_CHUNK

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        if self.body is None:
            self._refuse("sends a body where there is none")
        self._free += 2 * len(data)
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """The end of the body and trailers."""
        self._free = 1 << 62
        if self._passing:
            self._passing = False
            return
        if self._expecting:
            self._flush()
            if self.body is not None:
                self.body.finish(allowed_trailers(self._headers))
            self._done()
