"""What an Outway does with a request (FSC Core 4.6, Logging 3.4): choose the grant, get a token, log, pass on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import structlog

from wegennet.fsc.core.contract import Protocol
from wegennet.fsc.core.errors import ErrorCode, ErrorDomain, FscError
from wegennet.fsc.core.transactions import new_transaction_id
from wegennet.fsc.gateway import headers as fields
from wegennet.fsc.gateway.records import Direction, record
from wegennet.fsc.gateway.refusals import refusal, refuse_tunnels
from wegennet.fsc.gateway.relay import NextHop, forward, onward_headers
from wegennet.fsc.outway.choice import NoChoiceError, listed, wish
from wegennet.fsc.outway.repeat import repeatable, sendable
from wegennet.fsc.wire.errors import RequestBodyError, WireError

if TYPE_CHECKING:
    from wegennet.fsc.api.logging import WrittenRecord
    from wegennet.fsc.api.manager_internal import OutwayService
    from wegennet.fsc.gateway.logwriter import LogWriter
    from wegennet.fsc.gateway.metrics import GatewayMetrics
    from wegennet.fsc.outway.generation import Generation
    from wegennet.fsc.outway.repeat import Repeatable
    from wegennet.fsc.outway.rotation import Rotation
    from wegennet.fsc.outway.token import Token
    from wegennet.fsc.wire.limits import Timeouts
    from wegennet.fsc.wire.message import Request, Response
    from wegennet.fsc.wire.pool import ClientPool
    from wegennet.fsc.wire.tls import Choice

log = structlog.get_logger(__name__)

_VIA: Final = b"fsc-outway"
_PROTOCOLS: Final[dict[Protocol, Choice]] = {Protocol.HTTP_1_1: "1.1", Protocol.HTTP_2: "2"}
_UNAUTHORIZED: Final = 401
_RENEWED_ON: Final = frozenset(
    code.encode() for code in (ErrorCode.ACCESS_TOKEN_EXPIRED, ErrorCode.ACCESS_TOKEN_INVALID)
)


class OutwayProxy:
    """The handler of an Outway's requests.

    Args:
        rotation: the certificate in use, with its grants and tokens.
        log_writer: writes transaction records.
        timeouts: of a request to an Inway.
        suggest: list the usable grants to a client that names none.
        metrics: counts.
    """

    def __init__(
        self,
        *,
        rotation: Rotation,
        log_writer: LogWriter[WrittenRecord],
        timeouts: Timeouts,
        suggest: bool,
        metrics: GatewayMetrics,
    ) -> None:
        self._rotation = rotation
        self._log = log_writer
        self._timeouts = timeouts
        self._suggest = suggest
        self._metrics = metrics

    async def __call__(self, request: Request) -> Response:
        """Answers a request (a `wire` handler)."""
        began = time.perf_counter()
        transaction_id = new_transaction_id()
        try:
            response = await self._serve(request, transaction_id)
            outcome = "forwarded"
        except FscError as error:
            log.info("request refused", code=error.code, reason=error.message, transaction_id=transaction_id)
            response = refusal(error, ErrorDomain.OUTWAY, **self._more(error))
            outcome = error.code
        response.headers = [header for header in response.headers if header[0] != fields.TRANSACTION_ID]
        response.headers.append((fields.TRANSACTION_ID, transaction_id.encode()))
        self._metrics.answered(outcome, response.status, time.perf_counter() - began)
        return response

    async def _serve(self, request: Request, transaction_id: str) -> Response:
        refuse_tunnels(request)
        generation = self._rotation.current
        grant = await generation.grant(wish(request.headers))
        token = await generation.tokens.get(grant)
        await self._log.write(record(token.claims, transaction_id, Direction.OUTGOING, now=time.time()))
        sending = _Sending(request, transaction_id, grant, generation)
        response = await self._send(sending, token)
        if not _refuses_token(response) or not repeatable(sending.body):
            return response
        return await self._send_again(sending, token, response)

    async def _send(self, sending: _Sending, token: Token) -> Response:
        request, grant = sending.request, sending.grant
        own = [
            (fields.AUTHORIZATION, b"Bearer " + token.text.encode()),
            (fields.TRANSACTION_ID, sending.transaction_id.encode()),
        ]
        headers = onward_headers(request, own, via=_VIA)

        async def send(pool: ClientPool) -> Response:
            hop = NextHop(pool, token.inway, _PROTOCOLS[grant.protocol], self._timeouts)
            return await forward(request, hop, headers=headers, body=sending.body)

        try:
            return await sending.generation.reach(grant.service_peer_id, send)
        except RequestBodyError:
            raise
        except WireError as error:
            self._metrics.broke_off("head")
            log.warning("inway unreachable", service=grant.service_name, reason=str(error))
            raise FscError(
                ErrorCode.INWAY_UNREACHABLE, f"The Inway of peer {grant.service_peer_id} does not answer: {error}."
            ) from error

    async def _send_again(self, sending: _Sending, refused: Token, response: Response) -> Response:
        """Once more with another token; the Inway's refusal stands when there is none."""
        try:
            token = await sending.generation.tokens.instead(sending.grant, refused)
        except FscError:
            return response
        except BaseException:
            _give_up(response)
            raise
        if token is refused:
            return response
        _give_up(response)
        return await self._send(sending, token)

    def _more(self, error: FscError) -> dict[str, Any]:
        if self._suggest and isinstance(error, NoChoiceError):
            return {"grants": listed(error.usable)}
        return {}


class _Sending:
    """A request on its way, once or twice."""

    def __init__(self, request: Request, transaction_id: str, grant: OutwayService, generation: Generation) -> None:
        self.request = request
        self.transaction_id = transaction_id
        self.grant = grant
        self.generation = generation
        self.body: bytes | Repeatable | None = sendable(request.body)


def _give_up(response: Response) -> None:
    if response.release:
        response.release()


def _refuses_token(response: Response) -> bool:
    """Whether the Inway did not take the token, rather than the Service its own credentials."""
    return response.status == _UNAUTHORIZED and any(
        name == fields.ERROR_CODE and value in _RENEWED_ON for name, value in response.headers
    )
