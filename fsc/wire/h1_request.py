"""The HTTP/1.1 request that a client sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.body import BodyStream, NoBody
from wegennet.fsc.wire.h1_write import Outgoing, frame
from wegennet.fsc.wire.headers import OWNED, block, content_length, is_authority, is_method, is_target

if TYPE_CHECKING:
    from wegennet.fsc.wire.calls import Call

# A request of these without a body says so, because servers expect one (RFC 9110, section 8.6).
WITH_BODY: Final = frozenset({b"POST", b"PUT", b"PATCH"})
_KEPT_APART: Final = OWNED | {b"host", b"content-length", b"te", b"expect"}


def outgoing_request(call: Call) -> Outgoing:
    """Frames a request. Its Host is that of its fields, or else the origin's.

    Raises:
        ValueError: it cannot be sent as it is.
    """
    take_whole(call)
    method, headers, body = call.method, call.headers, call.body
    apart = {header[0]: header[1] for header in headers if header[0] in _KEPT_APART}
    host = apart.get(b"host") or call.origin.netloc.encode()
    check_start(call, host)
    fields = [(b"host", host), *(header for header in headers if header[0] not in _KEPT_APART)]
    if apart.get(b"te", b"").lower() == b"trailers":
        fields += ((b"te", b"trailers"), (b"connection", b"te"))
    message = Outgoing()
    declared = apart.get(b"content-length")
    if body is None:
        if content_length(declared or b"0") != 0:
            raise ValueError("Content-Length is given, and no body")
        if declared is not None or method in WITH_BODY:
            fields.append((b"content-length", b"0"))
    else:
        frame(message, body, fields, declared, call.trailers, chunks=True)
    if message.stream is not None and apart.get(b"expect", b"").lower() == b"100-continue":
        message.expects = True
        fields.append((b"expect", b"100-continue"))
    message.head = block(b"%b %b HTTP/1.1" % (method, call.target), fields)
    return message


def take_whole(call: Call) -> None:
    """Takes a body that has arrived whole out of its stream into the call, which can then be made a second time."""
    if isinstance(call.body, (BodyStream, NoBody)) and (whole := call.body.whole()) is not None:
        call.body = whole


def check_start(call: Call, host: bytes) -> None:
    """Refuses what cannot stand in a request line.

    Raises:
        ValueError: with what is wrong.
    """
    if not is_method(call.method) or call.method == b"CONNECT":
        raise ValueError(f"method {call.method!r} cannot be sent")
    if not is_target(call.target):
        raise ValueError("the target is not a path")
    if not is_authority(host):
        raise ValueError(f"host {host!r} is no host")
