"""What an Inway does with a request (FSC Core 4.7, Logging 3.3): check, log, pass on to the Service."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import structlog

from wegennet.fsc.core.errors import ErrorCode, ErrorDomain, FscError
from wegennet.fsc.core.transactions import check_transaction_id
from wegennet.fsc.gateway import headers as fields
from wegennet.fsc.gateway.records import Direction, record
from wegennet.fsc.gateway.refusals import refusal, refuse_tunnels
from wegennet.fsc.gateway.relay import NextHop, forward, onward_headers
from wegennet.fsc.inway.paths import below
from wegennet.fsc.wire.errors import RequestBodyError, WireError

if TYPE_CHECKING:
    from wegennet.fsc.api.logging import WrittenRecord
    from wegennet.fsc.gateway.chains import Chains
    from wegennet.fsc.gateway.logwriter import LogWriter
    from wegennet.fsc.gateway.metrics import GatewayMetrics
    from wegennet.fsc.inway.gate import Gate
    from wegennet.fsc.inway.services import Services
    from wegennet.fsc.wire.limits import Timeouts
    from wegennet.fsc.wire.message import Headers, Request, Response
    from wegennet.fsc.wire.pool import ClientPool

log = structlog.get_logger(__name__)

_VIA: Final = b"fsc-inway"


class InwayProxy:
    """The handler of an Inway's requests.

    Args:
        chains: checks certificates of clients for revocation.
        gate: checks access tokens.
        services: says where Services are.
        log_writer: writes transaction records.
        pool: connections to Services.
        timeouts: of a request to a Service.
        metrics: counts.
    """

    def __init__(
        self,
        *,
        chains: Chains,
        gate: Gate,
        services: Services,
        log_writer: LogWriter[WrittenRecord],
        pool: ClientPool,
        timeouts: Timeouts,
        metrics: GatewayMetrics,
    ) -> None:
        self._chains = chains
        self._gate = gate
        self._services = services
        self._log = log_writer
        self._pool = pool
        self._timeouts = timeouts
        self._metrics = metrics

    async def __call__(self, request: Request) -> Response:
        """Answers a request (a `wire` handler)."""
        began = time.perf_counter()
        try:
            response = await self._serve(request)
            outcome = "forwarded"
        except FscError as error:
            log.info("request refused", code=error.code, reason=error.message, client=request.client.address)
            response = refusal(error, ErrorDomain.INWAY)
            outcome = error.code
        self._metrics.answered(outcome, response.status, time.perf_counter() - began)
        return response

    async def _serve(self, request: Request) -> Response:
        refuse_tunnels(request)
        await self._chains.check(request.client.chain_der)
        token = await self._gate.admit(request.headers, request.client.certificate_der or b"")
        endpoint = await self._services.find(token.service)
        transaction_id = _transaction_id(request.headers)
        target = below(endpoint.prefix, request.target)
        protocol = await self._services.protocol(token.service, endpoint.origin.scheme)
        await self._log.write(record(token, transaction_id, Direction.INCOMING, now=time.time()))
        hop = NextHop(self._pool, endpoint.origin, protocol, self._timeouts)
        try:
            return await forward(request, hop, headers=onward_headers(request, _kept(request), via=_VIA), target=target)
        except RequestBodyError:
            raise
        except WireError as error:
            self._metrics.broke_off("head")
            log.warning("service unreachable", service=token.service, reason=str(error))
            raise FscError(
                ErrorCode.SERVICE_UNREACHABLE, f"The service {token.service} does not answer this Inway."
            ) from error


def _kept(request: Request) -> Headers:
    """FSC's fields that the Service gets: those that were checked, as they came (FSC Core 4.7.1.3, Logging 3.3.1.1)."""
    return [header for header in request.headers if header[0] in (fields.AUTHORIZATION, fields.TRANSACTION_ID)]


def _transaction_id(headers: Headers) -> str:
    values = fields.values(headers, fields.TRANSACTION_ID)
    if len(values) > 1:
        raise FscError(ErrorCode.INVALID_LOG_RECORD_ID, "There is more than one header Fsc-Transaction-Id.")
    return check_transaction_id(values[0].decode("latin-1") if values else None)
