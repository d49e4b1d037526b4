"""The HTTP/2 request that a client sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.h1_request import WITH_BODY, check_start, take_whole
from wegennet.fsc.wire.h2_fields import outgoing
from wegennet.fsc.wire.headers import content_length

if TYPE_CHECKING:
    from wegennet.fsc.wire.calls import Call
    from wegennet.fsc.wire.message import Headers

_KEPT_APART: Final = frozenset({b"host", b"content-length", b"te", b"expect"})


def request_to(call: Call) -> tuple[Headers, int | None, bool]:
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
        return 0 if declared is not None or call.method in WITH_BODY else None
    return length
