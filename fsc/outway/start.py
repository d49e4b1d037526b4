"""The process of an Outway."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from wegennet.fsc.gateway.registration import keep_registered
from wegennet.fsc.gateway.running import Foundation
from wegennet.fsc.outway.generation import Generation
from wegennet.fsc.outway.proxy import OutwayProxy
from wegennet.fsc.outway.rotation import Rotation
from wegennet.fsc.outway.sources import ControllerSource, ManagerSource
from wegennet.fsc.wire.limits import Limits
from wegennet.fsc.wire.tls import ServerTls

if TYPE_CHECKING:
    from wegennet.fsc.outway.settings import OutwaySettings
    from wegennet.fsc.outway.snapshot import Snapshot
    from wegennet.fsc.service.lifecycle import Process


async def start(process: Process, settings: OutwaySettings) -> None:
    """Asks for grants, registers, and serves."""
    base = Foundation(process, settings)
    manager = ManagerSource(base.api(settings.manager_internal_address))
    controller = ControllerSource(
        base.api(settings.controller_registration_api_address), group_id=settings.group_id, name=settings.name
    )

    def generation(snapshot: Snapshot) -> Generation:
        return Generation(
            snapshot,
            grants_of=manager.grants_of,
            group_id=settings.group_id,
            every=settings.grant_links_cache_ttl.total_seconds(),
            chains=base.chains,
            metrics=base.metrics,
        )

    rotation = await process.enter(aclosing(Rotation(settings.group_tls, generation)))
    base.needs("grants of the manager", rotation.current.grants)
    process.background("grants", rotation.refresh_grants)
    process.background("certificate", rotation.follow)
    process.background(
        "registration",
        lambda: keep_registered(lambda: controller.register(rotation.current), changed=rotation.changed),
    )
    proxy = OutwayProxy(
        rotation=rotation,
        log_writer=base.log_writer,
        timeouts=base.timeouts,
        suggest=settings.enable_grant_hash_suggestion,
        metrics=base.metrics,
    )
    tls = ServerTls(settings.internal_tls, client_certificates=False) if settings.listen_https else None
    await base.serve(proxy, settings.listen_address, tls, Limits())
