"""Fields of HTTP/2 messages: what comes in is checked, what goes out is made (RFC 9113, sections 8.2 and 8.3).

h2 would check too, but takes a malformed message for the end of the connection; here it is the end of its stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.headers import OWNED, content_length, is_authority, is_method, is_name, is_target, is_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wegennet.fsc.wire.message import Headers

_REQUEST: Final = frozenset({b":method", b":scheme", b":authority", b":path"})
_RESPONSE: Final = frozenset({b":status"})
_LEFT_OUT: Final = OWNED | {b"te", b"host", b"expect"}


class MalformedError(Exception):
    """The message breaks a rule; its stream ends with PROTOCOL_ERROR."""


@dataclass(slots=True)
class RequestFields:
    """A request's head.

    Attributes:
        target: path and query, `*`, or for CONNECT the authority.
        length: what Content-Length says; None without.
        size: octets as SETTINGS_MAX_HEADER_LIST_SIZE counts them.
    """

    method: bytes
    scheme: bytes
    authority: bytes
    target: bytes
    headers: Headers
    length: int | None
    size: int


def request_fields(fields: Iterable[tuple[bytes, bytes]]) -> RequestFields:
    """Checks a request.

    Raises:
        MalformedError: with the rule.
    """
    pseudo, headers, size = _separate(fields, _REQUEST)
    method, path = pseudo.get(b":method", b""), pseudo.get(b":path", b"")
    authority = _authority(pseudo.get(b":authority"), headers)
    if not is_method(method):
        raise MalformedError("no method")
    if method == b"CONNECT":
        if b":path" in pseudo or b":scheme" in pseudo or b":" not in authority:
            raise MalformedError("CONNECT has an authority only")
        path = authority
    elif pseudo.get(b":scheme") not in {b"http", b"https"} or not is_target(path) or not authority:
        raise MalformedError("scheme, authority or path are missing or wrong")
    elif path == b"*" and method != b"OPTIONS":
        raise MalformedError("only OPTIONS is about a whole server")
    scheme = pseudo.get(b":scheme", b"")
    return RequestFields(method, scheme, authority, path, _join_cookies(headers), _length(headers), size)


def _authority(authority: bytes | None, headers: Headers) -> bytes:
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (hosts and authority is not None and hosts[0].lower() != authority.lower()):
        raise MalformedError("Host and authority differ")
    if authority is None:
        authority = hosts[0] if hosts else b""
    if not is_authority(authority):
        raise MalformedError("the authority is no host with an optional port")
    return authority


def response_fields(fields: Iterable[tuple[bytes, bytes]]) -> tuple[int, Headers, int | None]:
    """Checks an answer: its status, fields and Content-Length.

    Raises:
        MalformedError: with the rule.
    """
    pseudo, headers, _ = _separate(fields, _RESPONSE)
    status = pseudo.get(b":status", b"")
    if len(status) != len("200") or not status.isdigit():
        raise MalformedError("no status")
    return int(status), headers, _length(headers)


def trailer_fields(fields: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Checks trailers.

    Raises:
        MalformedError: with the rule.
    """
    return _separate(fields, frozenset())[1]


def _separate(
    fields: Iterable[tuple[bytes, bytes]], allowed: frozenset[bytes]
) -> tuple[dict[bytes, bytes], Headers, int]:
    """Pseudo-fields, the others, and their size."""
    pseudo: dict[bytes, bytes] = {}
    headers: Headers = []
    size = 0
    for name, value in fields:
        size += len(name) + len(value) + 32
        if not is_value(value):
            raise MalformedError("a field's value has an octet that is not allowed, or space around it")
        if name[:1] == b":":
            if name not in allowed or name in pseudo or headers:
                raise MalformedError("a pseudo-field is unknown, double or too late")
            pseudo[name] = value
        elif not is_name(name) or name in OWNED or (name == b"te" and value.lower() != b"trailers"):
            raise MalformedError("a field's name is not allowed in HTTP/2")
        else:
            headers.append((bytes(name), value))
    return pseudo, headers, size


def _join_cookies(headers: Headers) -> Headers:
    """One Cookie field of the crumbs that HTTP/2 may send (section 8.2.3)."""
    crumbs = [value for name, value in headers if name == b"cookie"]
    if len(crumbs) < 2:  # noqa: PLR2004 - two make a list
        return headers
    return [*(header for header in headers if header[0] != b"cookie"), (b"cookie", b"; ".join(crumbs))]


def _length(headers: Headers) -> int | None:
    lengths = [value for name, value in headers if name == b"content-length"]
    if not lengths:
        return None
    length = content_length(lengths[0])
    if length is None or len(lengths) > 1:
        raise MalformedError("Content-Length is not one length")
    return length


def outgoing(pseudo: Headers, headers: Headers) -> Headers:
    """Fields of a message that we send, without those of the connection.

    Raises:
        ValueError: a name or value cannot be sent.
    """
    fields = pseudo + [(name, value.strip(b" \t")) for name, value in headers if name not in _LEFT_OUT]
    for name, _ in fields[len(pseudo) :]:
        if not is_name(name):
            raise ValueError(f"header name {name!r} is not a lower-case token")
    values = b"".join([value for _, value in fields])
    if b"\n" in values or b"\r" in values or b"\0" in values:
        raise ValueError("a header field holds a line break or a NUL octet")
    return fields
