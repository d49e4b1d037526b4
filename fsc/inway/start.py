"""The process of an Inway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.gateway.refresh import Refreshed
from wegennet.fsc.gateway.registration import keep_registered
from wegennet.fsc.gateway.running import Foundation
from wegennet.fsc.inway.gate import Gate
from wegennet.fsc.inway.proxy import InwayProxy
from wegennet.fsc.inway.services import Services
from wegennet.fsc.inway.sources import ControllerSource, ManagerSource
from wegennet.fsc.wire.limits import ClientLimits, Limits
from wegennet.fsc.wire.tls import ClientTls, ServerTls, TlsFiles

if TYPE_CHECKING:
    from wegennet.fsc.inway.settings import InwaySettings
    from wegennet.fsc.service.lifecycle import Process

# Seconds. A key is also asked for when a token names it, and a service when a token is for it.
_KEYS_EVERY: Final = 60.0
_SERVICES_EVERY: Final = 10.0
_CONNECTIONS: Final = ClientLimits(connections=512)
# An access token holds the properties of its grant, so its header can be long.
_LIMITS: Final = Limits(head_bytes=256 * 1024)


async def start(process: Process, settings: InwaySettings) -> None:
    """Asks for keys and services, registers, and serves."""
    base = Foundation(process, settings)
    manager = ManagerSource(
        base.api(settings.manager_internal_unauthenticated_address),
        roots=settings.tls_group_root_cert,
        peer_id=settings.own_peer.id,
    )
    controller = ControllerSource(
        base.api(settings.controller_registration_api_address),
        group_id=settings.group_id,
        name=settings.name,
        address=settings.self_address,
    )
    keys = Refreshed("keys", manager.keys, every=_KEYS_EVERY)
    endpoints = Refreshed("services", controller.services, every=_SERVICES_EVERY)
    protocols = Refreshed("publications", manager.protocols, every=_SERVICES_EVERY)
    base.needs("keys of the manager", keys)
    base.needs("services of the controller", endpoints)
    for name, kept in (("keys", keys), ("services", endpoints), ("publications", protocols)):
        process.background(name, kept.run)
    process.background("registration", lambda: keep_registered(controller.register))
    gate = Gate(keys, group_id=settings.group_id, peer_id=settings.own_peer.id, address=settings.self_address)
    proxy = InwayProxy(
        chains=base.chains,
        gate=gate,
        services=Services(endpoints, protocols),
        log_writer=base.log_writer,
        pool=process.pool(ClientTls(TlsFiles(roots=settings.tls_service_root_cert)), _CONNECTIONS),
        timeouts=base.timeouts,
        metrics=base.metrics,
    )
    await base.serve(proxy, settings.listen_address, ServerTls(settings.group_tls, client_certificates=True), _LIMITS)
