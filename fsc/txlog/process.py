"""The process of the transaction log: its API, and the retention of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.core.errors import ErrorDomain
from wegennet.fsc.service.app import api
from wegennet.fsc.txlog.metrics import TxlogMetrics
from wegennet.fsc.txlog.reader import Reader
from wegennet.fsc.txlog.retention import Retention
from wegennet.fsc.txlog.routes import routes
from wegennet.fsc.txlog.writer import Writer
from wegennet.fsc.wire.asgi import asgi_handler
from wegennet.fsc.wire.tls import ServerTls

if TYPE_CHECKING:
    from fastapi import FastAPI

    from wegennet.fsc.service.lifecycle import Process
    from wegennet.fsc.service.metrics import Metrics
    from wegennet.fsc.storage.database import Database
    from wegennet.fsc.txlog.settings import TxlogSettings

PACKAGE: Final = "wegennet.fsc.txlog"


def application(database: Database, metrics: Metrics, counted: TxlogMetrics) -> FastAPI:
    """The API on a database."""
    made = routes(Writer(database, counted), Reader(database))
    return api("FSC transaction log", made, metrics=metrics, domain=ErrorDomain.TRANSACTION_LOG)


async def start(process: Process, settings: TxlogSettings) -> None:
    """Opens the database and serves."""
    database = await process.database(settings.dsn, PACKAGE)
    counted = TxlogMetrics(process.metrics.registry)
    app = application(database, process.metrics, counted)
    tls = ServerTls(settings.internal_tls, client_certificates=True)
    await process.listen("internal API", asgi_handler(app), settings.listen_address, tls=tls)
    if settings.tx_log_retention:
        process.background("retention", Retention(database, settings.tx_log_retention, counted).run)
