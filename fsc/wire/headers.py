"""Header fields: what is a valid one, which belong to one connection, which may be a trailer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wegennet.fsc.wire.message import Headers

_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_METHOD: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET: Final = re.compile(rb"(?:/[!\"$-~]*|\*)")
_AUTHORITY: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_VALUE: Final = re.compile(rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
# Sums of lengths must stay within 63 bits everywhere.
_LONGEST_LENGTH: Final = 18

# This layer writes these itself.
OWNED: Final = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})
# RFC 9110, section 7.6.1.
HOP_BY_HOP: Final = OWNED | {b"te"}
# Answers with these have no body.
BODILESS: Final = frozenset({204, 304})
# RFC 9110, section 6.5.1: what frames, routes, authenticates, or controls how the message is handled.
_NEVER_TRAILERS: Final = HOP_BY_HOP | {
    b"age", b"authorization", b"cache-control", b"content-encoding", b"content-length", b"content-range",
    b"content-type", b"cookie", b"date", b"expect", b"expires", b"host", b"if-match", b"if-modified-since",
    b"if-none-match", b"if-range", b"if-unmodified-since", b"location", b"max-forwards", b"pragma",
    b"proxy-authenticate", b"proxy-authorization", b"range", b"retry-after", b"set-cookie", b"trailer", b"vary",
    b"warning", b"www-authenticate",
}  # fmt: skip


@lru_cache(4096)
def is_name(name: bytes) -> bool:
    """Whether this is a lower-case field name."""
    return _NAME.fullmatch(name) is not None


def is_value(value: bytes) -> bool:
    """Whether this is a field value: no control characters, no space around it (RFC 9110, section 5.5)."""
    return _VALUE.fullmatch(value) is not None


@lru_cache(64)
def is_method(method: bytes) -> bool:
    """Whether this is a token."""
    return _METHOD.fullmatch(method) is not None


def is_target(target: bytes) -> bool:
    """Whether this is a path with an optional query, or `*`: visible ASCII without a fragment."""
    return _TARGET.fullmatch(target) is not None


@lru_cache(4096)
def is_authority(authority: bytes) -> bool:
    """Whether this is a host with an optional port, without user information; empty is allowed."""
    return _AUTHORITY.fullmatch(authority) is not None


def content_length(value: bytes) -> int | None:
    """The length that a Content-Length field gives; None when it is no length."""
    return int(value) if value.isdigit() and len(value) <= _LONGEST_LENGTH else None


def end_to_end(headers: Headers) -> Headers:
    """The fields that a proxy passes on: without those of the connection and those that `Connection` names."""
    named = {token.strip().lower() for name, value in headers if name == b"connection" for token in value.split(b",")}
    drop = HOP_BY_HOP | named if named else HOP_BY_HOP
    return [header for header in headers if header[0] not in drop]


def allowed_trailers(trailers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The trailers that may be passed on; others are dropped (RFC 9110, section 6.5.1)."""
    return [(name, value) for name, value in trailers if name not in _NEVER_TRAILERS]


@lru_cache(4096)
def _prefix(name: bytes) -> bytes:
    if not is_name(name):
        raise ValueError(f"header name {name!r} is not a lower-case token")
    return name + b": "


def block(start: bytes, headers: Headers) -> bytes:
    """A head for HTTP/1.1: start line and fields, up to and including the empty line.

    Raises:
        ValueError: a name is no lower-case token, or something holds CR, LF or NUL and would make another field.
    """
    lines = [start]
    lines += [_prefix(name) + value for name, value in headers]
    lines += (b"", b"")
    head = b"\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise ValueError("a header field holds a line break or a NUL octet")
    return head
