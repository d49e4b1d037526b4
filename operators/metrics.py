"""Prometheus metrics of the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """All metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "wegennet_api_requests",
            "Answers of the API server.",
            ["verb", "kind", "code"],
            registry=self.registry,
        )
        self.reconciles = Counter(
            "wegennet_reconciles",
            "Reconciles by result: ok, incomplete or error.",
            ["result"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "wegennet_reconcile_seconds",
            "Duration of a reconcile in seconds.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.leader = Gauge("wegennet_leader", "1 while this replica leads, else 0.", registry=self.registry)

    def observe_request(self, verb: str, kind: str, code: int) -> None:
        """Counts one answer of the API server."""
        self.requests.labels(verb, kind, str(code)).inc()

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Adds a gauge that asks for its value when it is read."""
        Gauge(name, description, registry=self.registry).set_function(value)
