"""Heads and framing of the HTTP/1.1 messages that we send (RFC 9112, sections 6 and 7)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.body import BodyStream, NoBody
from wegennet.fsc.wire.headers import BODILESS, OWNED, allowed_trailers, block, content_length

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable

    from wegennet.fsc.wire.message import Headers, Response

_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}".encode() for status in HTTPStatus}
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class _Clock:
    """The present time as in a Date field, made once a second."""

    second = 0
    text = b""


def http_date() -> bytes:
    """The present time as in a Date field."""
    if (now := int(time.time())) != _Clock.second:
        _Clock.second, _Clock.text = now, formatdate(now, usegmt=True).encode()
    return _Clock.text


@dataclass(slots=True)
class Outgoing:
    """A message ready to be sent.

    Attributes:
        head: up to and including the empty line.
        data: what follows it at once, framed.
        stream: what follows in chunks; None when `data` is all.
        length: octets of the stream; None when it is chunked, or ends with the connection.
        chunked: whether chunks of the stream are framed.
        trailers: called after the last chunk of a chunked stream.
        expects: whether the stream waits for the server's 100.
        close: whether the connection ends with this message.
    """

    head: bytes = b""
    data: bytes = b""
    stream: AsyncIterable[bytes] | None = None
    length: int | None = None
    chunked: bool = False
    trailers: Callable[[], Headers] | None = None
    expects: bool = False
    close: bool = False


def outgoing_response(response: Response, *, method: bytes, version: str, close: bool) -> Outgoing:
    """Frames an answer.

    Raises:
        ValueError: the handler's answer cannot be sent as it is.
    """
    if not 200 <= response.status <= 999:  # noqa: PLR2004 - RFC 9110, section 15
        raise ValueError(f"{response.status} is not a final status")
    headers, declared, asks_close = own_fields(response.headers)
    message = Outgoing(close=close or asks_close)
    if method == b"HEAD" or response.status in BODILESS:
        _without_body(response, headers, declared)
    else:
        frame(message, response.body, headers, declared, response.trailers, chunks=version == "1.1")
    if message.close:
        headers.append((b"connection", b"close"))
    line = _LINES.get(response.status) or b"HTTP/1.1 %d " % response.status
    message.head = block(line, headers)
    return message


def own_fields(given: Headers) -> tuple[Headers, bytes | None, bool]:
    """The fields without those of the connection, their Content-Length, and whether they ask to close."""
    headers: Headers = []
    declared, close, dated = None, False, False
    for header in given:
        name = header[0]
        if name in OWNED:
            close = close or (name == b"connection" and header[1].lower() == b"close")
        elif name == b"content-length":
            declared = header[1]
        else:
            dated = dated or name == b"date"
            headers.append(header)
    if not dated:
        headers.append((b"date", http_date()))
    return headers, declared, close


def _without_body(response: Response, headers: Headers, declared: bytes | None) -> None:
    """An answer to HEAD, or 204 or 304: the length that the body would have may be said, except with 204."""
    if isinstance(response.body, bytes) and response.body:
        declared = b"%d" % len(response.body)
    if declared is not None and response.status != HTTPStatus.NO_CONTENT:
        headers.append((b"content-length", declared))


def frame(
    message: Outgoing,
    body: bytes | AsyncIterable[bytes],
    headers: Headers,
    declared: bytes | None,
    trailers: Callable[[], Headers] | None,
    *,
    chunks: bool,
) -> None:
    """Chooses the framing of a body, adds its field to `headers` and fills in `message`.

    Raises:
        ValueError: the length that `headers` declared is no length, or not that of the body.
    """
    length = None if declared is None or isinstance(body, bytes) else content_length(declared)
    if declared is not None and length is None and not isinstance(body, bytes):
        raise ValueError("Content-Length is no length")
    whole = _whole(body)
    if whole is None:
        message.stream, message.length, message.trailers = body, length, trailers  # type: ignore[assignment]
        message.chunked = chunks and length is None
        # Without a length and without chunks, the end of the connection is the end of the body.
        message.close = message.close or not (chunks or length is not None)
        if length is not None:
            headers.append((b"content-length", b"%d" % length))
    elif chunks and length is None and trailers and (fields := allowed_trailers(trailers())):
        message.chunked, message.data = True, chunk(whole) + last_chunk(fields)
    elif length is not None and length != len(whole):
        raise ValueError("the body is not as long as its Content-Length says")
    else:
        message.data = whole
        headers.append((b"content-length", b"%d" % len(whole)))
    if message.chunked:
        headers.append((b"transfer-encoding", b"chunked"))


def _whole(body: bytes | AsyncIterable[bytes]) -> bytes | None:
    if isinstance(body, bytes):
        return body
    return body.whole() if isinstance(body, (BodyStream, NoBody)) else None


def chunk(data: bytes) -> bytes:
    """A chunk; nothing for no data, which would be the last chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def last_chunk(trailers: Headers) -> bytes:
    """The end of a chunked body."""
    return block(b"0", trailers) if trailers else b"0\r\n\r\n"
