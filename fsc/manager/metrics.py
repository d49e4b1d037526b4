"""Prometheus metrics of a Manager."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

from wegennet.fsc.core.certificates import expires_at
from wegennet.fsc.manager.store import contracts, errands
from wegennet.fsc.manager.store.errands import Action

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from wegennet.fsc.manager.keys import OwnKeys
    from wegennet.fsc.storage.database import Database


class ManagerMetrics:
    """What a Manager counts, and what it looks up from time to time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tokens = Counter(
            "fsc_manager_tokens", "Requests for a token by result: issued, or the error.", ["result"], registry=registry
        )
        self.verifications = Counter(
            "fsc_manager_signature_verifications",
            "Signatures of other peers by result: accepted, or the code of the refusal.",
            ["result"],
            registry=registry,
        )
        self._contracts = Gauge("fsc_manager_contracts", "Contracts by state.", ["state"], registry=registry)
        self._waiting = Gauge(
            "fsc_manager_errands_waiting", "What must still be done at other parties.", ["action"], registry=registry
        )
        self._failing = Gauge(
            "fsc_manager_errands_failing", "The part of it that failed before.", ["action"], registry=registry
        )
        self._age = Gauge(
            "fsc_manager_errands_oldest_seconds", "Age of the oldest of it in seconds.", ["action"], registry=registry
        )
        self._certificates = Gauge(
            "fsc_manager_certificate_expiry_timestamp_seconds",
            "Last second of our own certificates.",
            ["use"],
            registry=registry,
        )

    async def look(self, database: Database, keys: OwnKeys) -> None:
        """Sets the gauges by what is in the database now."""
        async with database.transaction() as connection:
            states = await contracts.states(connection, int(time.time()))
            waiting = {each["action"]: each for each in await errands.waiting(connection)}
        for state, number in states.items():
            self._contracts.labels(state.removeprefix("CONTRACT_STATE_").lower()).set(number)
        for action in Action:
            figures = waiting.get(action, {"waiting": 0, "failing": 0, "age": 0.0})
            self._waiting.labels(action).set(figures["waiting"])
            self._failing.labels(action).set(figures["failing"])
            self._age.labels(action).set(figures["age"])
        self._certificates.labels("contract").set(expires_at(keys.contract.certificate))
        self._certificates.labels("token").set(expires_at(keys.token.certificate))
