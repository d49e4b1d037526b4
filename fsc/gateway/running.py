"""What an Inway and an Outway start alike: APIs of their own peer, the log writer, health, the listener."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final

from wegennet.fsc.gateway.chains import Chains
from wegennet.fsc.gateway.logwriter import LogWriter, WriterLimits
from wegennet.fsc.gateway.metrics import GatewayMetrics
from wegennet.fsc.gateway.txlog import TransactionLogApi
from wegennet.fsc.service.client import ApiClient
from wegennet.fsc.service.revocation import Revocation
from wegennet.fsc.wire.limits import Timeouts
from wegennet.fsc.wire.tls import ClientTls

if TYPE_CHECKING:
    from typing import Any

    from wegennet.fsc.api.logging import WrittenRecord
    from wegennet.fsc.gateway.refresh import Refreshed
    from wegennet.fsc.gateway.settings import GatewaySettings
    from wegennet.fsc.service.lifecycle import Process
    from wegennet.fsc.service.settings import Address
    from wegennet.fsc.wire.limits import Limits
    from wegennet.fsc.wire.message import Handler
    from wegennet.fsc.wire.tls import ServerTls

_ALLOCATIONS: Final = 50_000
_API_SECONDS: Final = 5.0


class Foundation:
    """The parts that both are built on.

    Args:
        process: whose metrics and health they are.
        settings: of the gateway.
    """

    def __init__(self, process: Process, settings: GatewaySettings) -> None:
        self.process = process
        self.settings = settings
        self.metrics = GatewayMetrics(process.metrics)
        self.internal = process.pool(ClientTls(settings.internal_tls))
        transaction_log = TransactionLogApi(self.internal, settings.tx_log_api_address)
        self.log_writer: LogWriter[WrittenRecord] = LogWriter(
            transaction_log,
            limits=WriterLimits(patience=settings.tx_log_write_timeout.total_seconds()),
            on_batch=self.metrics.logged,
        )
        process.monitoring.add_check("transaction log", transaction_log.ping)
        self.chains = Chains(None if settings.disable_crl_checks else Revocation(process.pool()))

    def api(self, address: str) -> ApiClient:
        """An API of our own peer."""
        return ApiClient(self.internal, f"{address}/v1", seconds=_API_SECONDS)

    def needs(self, name: str, kept: Refreshed[Any]) -> None:
        """Makes readiness wait until a value was known once."""

        async def known() -> None:
            if not kept.known:
                raise LookupError("not known yet")

        self.process.monitoring.add_check(name, known)

    @property
    def timeouts(self) -> Timeouts:
        """Of a request to the next hop."""
        return Timeouts(connect=5.0, head=self.settings.response_timeout.total_seconds())

    async def serve(self, handler: Handler, address: Address, tls: ServerTls | None, limits: Limits) -> None:
        """Listens for requests until the end of the process; those under way may then end.

        Raises:
            StartError: the address cannot be listened on.
        """
        await self.process.listen(
            "requests", handler, address, tls=tls, limits=limits, reuse_port=self.settings.reuse_port
        )
        _spare_the_collector()


def _spare_the_collector() -> None:
    """Keeps the garbage collector from looking through all that was loaded for good, in the middle of requests.

    It costs a tenth of the time of small requests, and makes one in a hundred wait for tens of milliseconds.
    """
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
