"""`POST /token`: OAuth 2.0 client credentials with a certificate-bound token (RFC 6749, 4.4; RFC 8705, 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, Response  # noqa: TC002 (FastAPI reads the annotations)

from wegennet.fsc.api.manager import TokenAnswer, TokenError, TokenErrorCode
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.manager.answers import json_answer
from wegennet.fsc.manager.offered import ControllerAwayError
from wegennet.fsc.manager.tokens import TokenRefusedError
from wegennet.fsc.service.caller import certificate_of, peer_of
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import RefusedBodyError, router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import HTTPConnection

    from wegennet.fsc.manager.tokens import TokenServer

log = structlog.get_logger(__name__)

_FORM: Final = "application/x-www-form-urlencoded"
_LONGEST: Final = 16 * 1024
_MOST_FIELDS: Final = 20
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "scope", "client_id"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "scope": {"type": "string", "maxLength": 1024, "description": "Hash of a connection grant."},
                        "client_id": {"type": "string", "description": "Id of the calling peer."},
                    },
                }
            }
        },
    }
}


def routes(tokens: TokenServer, check: Callable[[HTTPConnection], Awaitable[None]]) -> APIRouter:
    """`POST /token`: everything that is refused here is refused as OAuth 2.0 does.

    Args:
        tokens: gives tokens.
        check: raises FscError for a client whose certificate is revoked.
    """
    made = router()

    @made.post(
        "/token",
        response_model=TokenAnswer,
        responses={400: {"model": TokenError, "description": "Bad Request"}, **errors(503)},
        operation_id="getToken",
        openapi_extra=_BODY,
    )
    async def get_token(request: Request) -> Response:
        """Gives a token for a service, bound to the certificate of the connection."""
        try:
            peer, certificate = peer_of(request), certificate_of(request)
            await check(request)
            issued = await tokens.issue(await _form(request), certificate, peer)
        except TokenRefusedError as refused:
            return _answer(400, {"error": refused.code, "error_description": str(refused)})
        except FscError as error:
            return _answer(400, {"error": TokenErrorCode.INVALID_CLIENT, "error_description": error.message})
        except ControllerAwayError as error:
            log.warning("no token given: no controller", peer_id=peer.id, reason=str(error))
            raise FscError(ErrorCode.UNAVAILABLE, _AWAY) from error
        return _answer(200, {"access_token": issued.token, "token_type": "bearer", "expires_in": issued.expires_in})

    return made


_AWAY: Final = "Whether the service is offered cannot be told now; try again later."


async def _form(request: Request) -> dict[str, str]:
    """The parameters of the request, each once (RFC 6749, 3.2).

    Raises:
        TokenRefusedError: the body is no form, or a parameter is there twice.
    """
    try:
        body = await request.body()
    except RefusedBodyError as error:
        raise TokenRefusedError(TokenErrorCode.INVALID_REQUEST, error.error.message) from None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM or len(body) > _LONGEST:
        raise TokenRefusedError(TokenErrorCode.INVALID_REQUEST, f"The body must be a form ({_FORM}).")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise TokenRefusedError(TokenErrorCode.INVALID_REQUEST, "The form cannot be read.") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise TokenRefusedError(TokenErrorCode.INVALID_REQUEST, "A parameter is there more than once.")
    return form


def _answer(status: int, value: dict[str, Any]) -> Response:
    answer = json_answer(value)
    answer.status_code = status
    answer.headers.update(_NO_STORE)
    return answer
