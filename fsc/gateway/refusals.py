"""What a gateway itself answers: the error of FSC Core 4.1.7, in header and body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.gateway import headers as fields
from wegennet.fsc.wire.message import Response

if TYPE_CHECKING:
    from wegennet.fsc.core.errors import ErrorDomain
    from wegennet.fsc.wire.message import Headers, Request

_BEARER: Final = frozenset(
    {ErrorCode.ACCESS_TOKEN_MISSING, ErrorCode.ACCESS_TOKEN_INVALID, ErrorCode.ACCESS_TOKEN_EXPIRED}
)
_UNAUTHORIZED: Final = 401
_METHOD_NOT_ALLOWED: Final = 405
_REFUSED: Final = frozenset({b"CONNECT", b"TRACE"})
_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


def refusal(error: FscError, domain: ErrorDomain, **more: Any) -> Response:
    """The answer to a request that the gateway does not pass on.

    Args:
        error: why.
        domain: the component that refuses.
        more: further members of the body.
    """
    body = orjson.dumps({"message": error.message, "domain": domain, "code": error.code, **more})
    headers: Headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (fields.ERROR_CODE, error.code.encode()),
    ]
    if error.code in _BEARER and error.status == _UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.status == _METHOD_NOT_ALLOWED:
        headers.append((b"allow", _METHODS))
    return Response(error.status, headers, body)


def refuse_tunnels(request: Request) -> None:
    """Refuses what would make the connection something else than requests with answers, and what echoes requests.

    A tunnel or WebSocket is one request to FSC whatever happens in it: its transactions could not be logged. TRACE
    would show a client the access token.

    Raises:
        FscError: METHOD_UNSUPPORTED; 405 for a method (FSC Core 4.6.1.4), 501 for an upgrade.
    """
    if request.method in _REFUSED:
        raise FscError(ErrorCode.METHOD_UNSUPPORTED, f"The method {request.method.decode()} is not supported.")
    if fields.asks_upgrade(request.headers):
        raise FscError(
            ErrorCode.METHOD_UNSUPPORTED,
            "Upgrade is not supported, also not to WebSocket: what passes in it could not be logged by transaction.",
            status=501,
        )
