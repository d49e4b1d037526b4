"""The process of a Manager: its APIs, and its background tasks."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from fastapi import Depends

from wegennet.fsc.core.errors import ErrorCode
from wegennet.fsc.manager.addresses import connectable
from wegennet.fsc.manager.checks import caller, no_nul, not_revoked
from wegennet.fsc.manager.external import contracts as external_contracts
from wegennet.fsc.manager.external import listings, logs, token
from wegennet.fsc.manager.internal import contracts as internal_contracts
from wegennet.fsc.manager.internal import listings as internal_listings
from wegennet.fsc.manager.metrics import ManagerMetrics
from wegennet.fsc.manager.parts import Parts
from wegennet.fsc.service.app import api
from wegennet.fsc.service.revocation import Revocation
from wegennet.fsc.service.strict import router
from wegennet.fsc.wire.asgi import asgi_handler
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.tls import ClientTls, ServerTls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from wegennet.fsc.manager.settings import ManagerSettings
    from wegennet.fsc.service.lifecycle import Process
    from wegennet.fsc.service.metrics import Metrics

PACKAGE: Final = "wegennet.fsc.manager"
_CONNECTIONS: Final = 20


def external(parts: Parts, metrics: Metrics, revocation: Revocation | None, *, logs_kept: bool) -> FastAPI:
    """The API for other peers."""
    unrevoked = not_revoked(revocation)
    checked = router(prefix="", dependencies=[Depends(no_nul), Depends(caller), Depends(unrevoked)])
    checked.include_router(external_contracts.routes(parts.intake, parts.database))
    checked.include_router(listings.routes(parts, logs=logs_kept))
    checked.include_router(logs.routes(parts.transactions))
    return api(
        "FSC Manager",
        checked,
        token.routes(parts.tokens, unrevoked),
        metrics=metrics,
        version="2.0.0",
        malformed=ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH,
    )


def internal(parts: Parts, metrics: Metrics) -> FastAPI:
    """The API for our own people and Outways."""
    return api(
        "FSC Manager, internal",
        internal_contracts.routes(parts.database, parts.negotiation, parts.wake),
        internal_listings.routes(parts),
        metrics=metrics,
        dependencies=[Depends(no_nul)],
    )


def unauthenticated(parts: Parts, metrics: Metrics) -> FastAPI:
    """The API for our own Inways."""
    routes = internal_listings.unauthenticated_routes(parts.published, parts.key_set)
    return api("FSC Manager, internal, unauthenticated", routes, metrics=metrics, dependencies=[Depends(no_nul)])


async def start(process: Process, settings: ManagerSettings) -> None:
    """Opens the database, serves the APIs and starts the background tasks."""
    database = await process.database(settings.dsn, PACKAGE, connections=_CONNECTIONS)
    revocation = None if settings.disable_crl_checks else Revocation(await process.enter(_open(ClientPool())))
    parts = Parts(
        settings,
        database,
        ManagerMetrics(process.metrics.registry),
        group=await process.enter(_open(_group_pool(settings))),
        internal=await process.enter(_open(ClientPool(ClientTls(settings.internal_tls)))),
        revocation=revocation,
    )
    await parts.upkeep.once()
    await _serve(process, settings, parts, revocation)
    for name, run in parts.background().items():
        process.background(name, run)


async def _serve(process: Process, settings: ManagerSettings, parts: Parts, revocation: Revocation | None) -> None:
    apis = {
        "external API": (
            external(parts, process.metrics, revocation, logs_kept=settings.tx_log_api_address is not None),
            settings.listen_address_external,
            ServerTls(settings.group_tls, client_certificates=True),
        ),
        "internal API": (
            internal(parts, process.metrics),
            settings.listen_address_internal,
            ServerTls(settings.internal_tls, client_certificates=True),
        ),
        "unauthenticated internal API": (
            unauthenticated(parts, process.metrics),
            settings.listen_address_internal_unauthenticated,
            ServerTls(settings.unauthenticated_tls, client_certificates=False),
        ),
    }
    for name, (app, address, tls) in apis.items():
        await process.listen(name, asgi_handler(app), address, tls=tls)


def _group_pool(settings: ManagerSettings) -> ClientPool:
    return ClientPool(ClientTls(settings.group_tls), allow_address=connectable(settings.self_address))


@asynccontextmanager
async def _open(pool: ClientPool) -> AsyncIterator[ClientPool]:
    try:
        yield pool
    finally:
        await pool.close()
