"""The HTTP/2 answer that a server sends."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from wegennet.fsc.wire.body import BodyStream, NoBody
from wegennet.fsc.wire.h1_write import own_fields
from wegennet.fsc.wire.h2_fields import outgoing
from wegennet.fsc.wire.headers import BODILESS, content_length

if TYPE_CHECKING:
    from wegennet.fsc.wire.message import Headers, Request, Response


def answer_to(request: Request, response: Response) -> tuple[Headers, bytes | None, int | None]:
    """Fields of an answer, its body when that is all there, and the length that a stream must have.

    Raises:
        ValueError: it cannot be sent as it is.
    """
    if not 200 <= response.status <= 999:  # noqa: PLR2004 - RFC 9110, section 15
        raise ValueError(f"{response.status} is not a final status")
    headers, declared, _ = own_fields(response.headers)
    body = response.body
    whole = body.whole() if isinstance(body, (BodyStream, NoBody)) else body if isinstance(body, bytes) else None
    length = None if declared is None else content_length(declared)
    if request.method == b"HEAD" or response.status in BODILESS:
        length = len(whole) if whole else length
    elif isinstance(body, bytes):
        length = len(body)
    elif declared is not None and (length is None or (whole is not None and length != len(whole))):
        raise ValueError("Content-Length is no length, or not that of the body")
    if length is not None and response.status != HTTPStatus.NO_CONTENT:
        headers.append((b"content-length", b"%d" % length))
    return outgoing([(b":status", b"%d" % response.status)], headers), whole, length
