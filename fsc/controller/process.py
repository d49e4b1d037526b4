"""The process of a Controller: registration and administration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from wegennet.fsc.controller import administration, registration
from wegennet.fsc.controller.gateways import Gateways
from wegennet.fsc.controller.services import Services
from wegennet.fsc.core.errors import ErrorDomain
from wegennet.fsc.service.app import api
from wegennet.fsc.wire.asgi import asgi_handler
from wegennet.fsc.wire.tls import ServerTls

if TYPE_CHECKING:
    from fastapi import FastAPI

    from wegennet.fsc.controller.settings import ControllerSettings
    from wegennet.fsc.service.lifecycle import Process
    from wegennet.fsc.service.metrics import Metrics
    from wegennet.fsc.storage.database import Database

log = structlog.get_logger(__name__)

PACKAGE: Final = "wegennet.fsc.controller"


class Applications(NamedTuple):
    """The APIs of a Controller."""

    registration: FastAPI
    administration: FastAPI


def applications(database: Database, group_id: str, metrics: Metrics) -> Applications:
    """The APIs on a database."""
    gateways, catalogue = Gateways(database, group_id), Services(database, group_id)
    return Applications(
        api(
            "FSC controller registration",
            registration.routes(group_id, gateways, catalogue),
            metrics=metrics,
            domain=ErrorDomain.CONTROLLER,
        ),
        api(
            "FSC controller administration",
            administration.routes(gateways, catalogue),
            metrics=metrics,
            domain=ErrorDomain.CONTROLLER,
        ),
    )


async def start(process: Process, settings: ControllerSettings) -> None:
    """Opens the database and serves."""
    database = await process.database(settings.dsn, PACKAGE)
    made = applications(database, settings.group_id, process.metrics)
    tls = ServerTls(settings.internal_tls, client_certificates=True)
    await process.listen(
        "registration API", asgi_handler(made.registration), settings.listen_address_registration_api, tls=tls
    )
    await process.listen(
        "administration API", asgi_handler(made.administration), settings.listen_address_administration_api, tls=tls
    )
    if settings.listen_address_ui:
        log.warning("no user interface is served; use the administration API", LISTEN_ADDRESS_UI="ignored")
