"""One request to the next hop, and its answer back; both stream, and neither is changed more than a hop must.

A body that breaks off breaks the connection on the other side too: nobody takes a part for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wegennet.fsc.gateway import headers as fields
from wegennet.fsc.wire.body import NoBody
from wegennet.fsc.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from wegennet.fsc.wire.limits import Timeouts
    from wegennet.fsc.wire.message import Headers, Origin, Request
    from wegennet.fsc.wire.pool import ClientPool
    from wegennet.fsc.wire.tls import Choice


@dataclass(frozen=True, slots=True)
class NextHop:
    """Where a request goes on.

    Attributes:
        pool: connections with the TLS of this hop.
        origin: the server.
        protocol: what to speak with it.
        timeouts: of the request.
    """

    pool: ClientPool
    origin: Origin
    protocol: Choice
    timeouts: Timeouts


async def forward(
    request: Request,
    hop: NextHop,
    *,
    headers: Headers,
    target: bytes | None = None,
    body: bytes | AsyncIterable[bytes] | None = None,
) -> Response:
    """Sends a request on; gives the answer to be sent back, whatever its status.

    Args:
        request: what came in.
        hop: where it goes.
        headers: as `onward_headers` makes them.
        target: path and query at the next hop; the request's own by default.
        body: instead of the request's own.

    Raises:
        WireError: there is no answer; `RequestBodyError` when the client broke off.
    """
    exchange = hop.pool.request(
        hop.origin,
        request.method,
        target or request.target,
        headers,
        _body(request) if body is None else body,
        trailers=lambda: fields.trailers(request.body.trailers),
        protocol=hop.protocol,
        timeout=hop.timeouts,
    )
    answer = await exchange.open()
    return Response(
        answer.status,
        fields.response_headers(answer.headers),
        answer.body,
        trailers=lambda: fields.trailers(answer.body.trailers),
        release=exchange.release,
    )


def onward_headers(request: Request, own: Headers, *, via: bytes) -> Headers:
    """The header fields of the request at the next hop.

    Args:
        request: what came in.
        own: what this hop adds.
        via: our name in the field Via, which says no version (RFC 9110 §7.6.3).
    """
    onward = fields.request_headers(request.headers)
    if request.version == "2":
        onward = _one_cookie(onward)
    if fields.accepts_trailers(request.headers):
        onward.append((b"te", b"trailers"))
    onward.append((b"via", b"%b %b" % (request.version.encode(), via)))
    return onward + own


def _body(request: Request) -> AsyncIterable[bytes] | None:
    """The body; None when there is none, so that none is framed."""
    return None if isinstance(request.body, NoBody) else request.body


def _one_cookie(headers: Headers) -> Headers:
    """HTTP/2 may split the field Cookie; outside it, it is one (RFC 9113 §8.2.3)."""
    cookies = fields.values(headers, b"cookie")
    if len(cookies) < 2:  # noqa: PLR2004
        return headers
    return [*((name, value) for name, value in headers if name != b"cookie"), (b"cookie", b"; ".join(cookies))]
