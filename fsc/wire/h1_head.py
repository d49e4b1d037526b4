"""The head of an HTTP/1.1 request: how it is framed, for whom it is, and what must be refused (RFC 9112)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.errors import Refusal
from wegennet.fsc.wire.headers import content_length, is_authority, is_target

if TYPE_CHECKING:
    from wegennet.fsc.wire.message import Headers, Version

_ABSOLUTE: Final = re.compile(rb"(https?)://([^/?#]+)(.*)", re.IGNORECASE)
# llhttp knows these too; they are RTSP's.
_NOT_HTTP: Final = frozenset(
    {b"DESCRIBE", b"ANNOUNCE", b"SETUP", b"PLAY", b"PAUSE", b"TEARDOWN", b"GET_PARAMETER", b"SET_PARAMETER",
     b"REDIRECT", b"RECORD", b"FLUSH", b"SOURCE"}
)  # fmt: skip


@dataclass(slots=True)
class RequestHead:
    """What the head says.

    Attributes:
        scheme: of an absolute target; else empty.
        length: of the body; None when it is chunked.
        expects: whether the client waits for 100 before it sends the body.
        keep_alive: whether another request may follow.
    """

    method: bytes
    target: bytes
    authority: bytes
    scheme: bytes
    headers: Headers
    version: Version
    length: int | None
    expects: bool
    keep_alive: bool


def request_head(method: bytes, target: bytes, headers: Headers, version: str, *, keep_alive: bool) -> RequestHead:
    """Checks a head that llhttp accepts.

    Raises:
        Refusal: with the status that RFC 9112 asks for.
    """
    if version not in {"1.1", "1.0"}:
        raise Refusal(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    if method in _NOT_HTTP:
        raise Refusal(501, "this method is unknown")
    hosts, lengths, codings, expectations = _special(headers)
    host = _host(hosts, version)
    scheme, authority, path = _target(method, target, host)
    if scheme:
        # The Host field beside an absolute target says nothing (section 3.2.2), and nobody should read it later.
        headers[:] = [(b"host", authority), *(header for header in headers if header[0] != b"host")]
    current: Version = "1.1" if version == "1.1" else "1.0"
    return RequestHead(
        method=method,
        target=path,
        authority=authority,
        scheme=scheme,
        headers=headers,
        version=current,
        length=_length(lengths, codings, current),
        expects=_expects(expectations, current),
        keep_alive=keep_alive and current == "1.1" and method != b"CONNECT",
    )


def _special(headers: Headers) -> tuple[list[bytes], list[bytes], list[bytes], list[bytes]]:
    hosts: list[bytes] = []
    lengths: list[bytes] = []
    codings: list[bytes] = []
    expectations: list[bytes] = []
    lists = {
        b"host": hosts, b"content-length": lengths, b"transfer-encoding": codings, b"expect": expectations,
    }  # fmt: skip
    for name, value in headers:
        if name in lists:
            lists[name].append(value)
    return hosts, lengths, codings, expectations


def _host(hosts: list[bytes], version: str) -> bytes:
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise Refusal(400, "a request has exactly one Host field")
    host = hosts[0] if hosts else b""
    if not is_authority(host):
        raise Refusal(400, "the Host field is not a host with an optional port")
    return host


def _target(method: bytes, target: bytes, host: bytes) -> tuple[bytes, bytes, bytes]:
    """Scheme (empty unless the target is absolute), authority, and path or what stands for it (section 3.2)."""
    if method == b"CONNECT":
        if not is_authority(target) or b":" not in target:
            raise Refusal(400, "the target of CONNECT is a host and port")
        return b"", target, target
    scheme = b""
    if absolute := _ABSOLUTE.fullmatch(target):
        scheme, host, target = absolute[1].lower(), absolute[2], absolute[3]
        if not target.startswith(b"/"):
            target = b"*" if method == b"OPTIONS" and not target else b"/" + target
    if not is_target(target) or not is_authority(host) or (target == b"*" and method != b"OPTIONS"):
        raise Refusal(400, "the request target is not a path or an absolute URL")
    return scheme, host, target


def _length(lengths: list[bytes], codings: list[bytes], version: Version) -> int | None:
    """Length of the body, None when chunked (section 6.3); whatever two readers could understand differently is out."""
    if codings:
        if lengths or len(codings) > 1 or version == "1.0":
            raise Refusal(400, "the length of the body is ambiguous")
        if codings[0].lower() != b"chunked":
            raise Refusal(501, "the only transfer coding known here is chunked")
        return None
    if not lengths:
        return 0
    length = content_length(lengths[0])
    if length is None or len(lengths) > 1:
        raise Refusal(400, "Content-Length is not one length")
    return length


def _expects(expectations: list[bytes], version: Version) -> bool:
    if not expectations or version == "1.0":
        return False
    if len(expectations) > 1 or expectations[0].lower() != b"100-continue":
        raise Refusal(417, "the only expectation known here is 100-continue")
    return True
