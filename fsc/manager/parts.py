"""The parts of a Manager, put together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wegennet.fsc.manager.anchors import TrustAnchors
from wegennet.fsc.manager.announcement import Announcement
from wegennet.fsc.manager.decision import Decide, LeaveToPeople
from wegennet.fsc.manager.directory import Directory
from wegennet.fsc.manager.distribution import SUBMITTED, Distribution
from wegennet.fsc.manager.errand_runner import ErrandRunner
from wegennet.fsc.manager.intake import AutoAccept, Intake
from wegennet.fsc.manager.key_set import KeySet
from wegennet.fsc.manager.keys import OwnKeys
from wegennet.fsc.manager.negotiation import Negotiation
from wegennet.fsc.manager.offered import OfferedServices
from wegennet.fsc.manager.outway_services import OutwayServices
from wegennet.fsc.manager.protocols import Protocols
from wegennet.fsc.manager.published import Published
from wegennet.fsc.manager.pull import Pull
from wegennet.fsc.manager.remote import Managers
from wegennet.fsc.manager.renewal import Renewal
from wegennet.fsc.manager.signers import Signers
from wegennet.fsc.manager.signing import Signing
from wegennet.fsc.manager.store.errands import Action
from wegennet.fsc.manager.store.peers import KnownPeer
from wegennet.fsc.manager.tokens import TokenServer
from wegennet.fsc.manager.transactions import Transactions
from wegennet.fsc.manager.upkeep import Upkeep
from wegennet.fsc.service.client import ApiClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from wegennet.fsc.manager.errand_runner import Handler
    from wegennet.fsc.manager.metrics import ManagerMetrics
    from wegennet.fsc.manager.settings import ManagerSettings
    from wegennet.fsc.service.revocation import Revocation
    from wegennet.fsc.storage.database import Database
    from wegennet.fsc.wire.pool import ClientPool


class Parts:
    """Everything that a Manager's APIs and background tasks are made of.

    Args:
        settings: its configuration.
        database: its database.
        metrics: what it counts.
        group: connections with the group certificate, to other peers.
        internal: connections with the internal certificate, to our own components.
        revocation: checks certificates of others; None to check none.
    """

    def __init__(
        self,
        settings: ManagerSettings,
        database: Database,
        metrics: ManagerMetrics,
        *,
        group: ClientPool,
        internal: ClientPool,
        revocation: Revocation | None,
    ) -> None:
        own = settings.own
        ttl = int(settings.token_ttl.total_seconds())
        self.own = KnownPeer(own.id, own.name, settings.self_address)
        self.database = database
        self._new_errand = asyncio.Event()

        anchors = TrustAnchors(settings.tls_group_root_cert)
        self.keys = OwnKeys(database, own, anchors, settings.contract_files, settings.token_files)
        self.key_set = KeySet(database, ttl)
        self.managers = Managers(group, settings.self_address)
        self.directory = Directory(
            database,
            self.managers,
            settings.directory_peer_id,
            settings.directory_manager_address,
            is_own=settings.is_directory,
        )
        signers = Signers(database, self.managers, self.directory, anchors, revocation)
        self.signing = Signing(own.id, self.keys)
        self.intake = Intake(
            database,
            group_id=settings.group_id,
            signers=signers,
            signing=self.signing,
            auto_accept=AutoAccept(settings.auto_sign, asks=settings.authzen_auto_sign_pdp_address is not None),
            metrics=metrics,
            wake=self.wake,
        )
        self.negotiation = Negotiation(database, settings.group_id, self.signing, self.wake)
        controller = ApiClient(internal, f"{settings.controller_registration_api_address}/v1", seconds=5.0)
        offered = OfferedServices(controller, settings.group_id)
        self.tokens = TokenServer(database, self.keys, own_id=own.id, offered=offered, ttl=ttl, metrics=metrics)
        log_api = ApiClient(internal, f"{settings.tx_log_api_address}/v1") if settings.tx_log_api_address else None
        self.transactions = Transactions(log_api)
        self.published = Published(database, self.own)
        self.for_outways = OutwayServices(database, self.directory, Protocols(database, self.directory), self.own)

        self.errands = ErrandRunner(database, self._handlers(settings, internal), self._new_errand)
        self.announcement = Announcement(database, self.managers, self.directory)
        renewal = Renewal(database, self.signing, self.keys, self.wake)
        self.upkeep = Upkeep(database, self.keys, renewal, metrics)

    def wake(self) -> None:
        """Says that there is an errand that is due now."""
        self._new_errand.set()

    def background(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What goes on beside the APIs, by name."""
        return {
            "errands": self.errands.run,
            "upkeep": self.upkeep.run,
            "announcement to the directory": self.announcement.to_directory,
            "announcement to peers": self.announcement.to_peers,
        }

    def _handlers(self, settings: ManagerSettings, internal: ClientPool) -> Mapping[Action, Handler]:
        """Who does which errands."""
        distribution = Distribution(self.database, self.managers, self.directory, self.own.peer_id)
        handlers: dict[Action, Handler] = dict.fromkeys(SUBMITTED, distribution)
        handlers[Action.PULL] = Pull(self.database, self.managers, self.directory, self.intake, self.own.peer_id)
        handlers[Action.DECIDE] = LeaveToPeople(self.database)
        if settings.authzen_auto_sign_pdp_address is not None:
            decision_point = ApiClient(internal, settings.authzen_auto_sign_pdp_address, seconds=10.0)
            handlers[Action.DECIDE] = Decide(self.database, self.signing, decision_point)
        return handlers
