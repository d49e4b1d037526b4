"""Prometheus metrics that every process has; a component adds its own to the same registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "fsc_api_requests",
            "Requests that the process answered.",
            ["api", "method", "route", "code"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "fsc_api_request_seconds",
            "Time until the answer was complete, in seconds.",
            ["api"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.task_crashes = Counter(
            "fsc_background_task_crashes",
            "Crashes of background tasks, which were started again.",
            ["task"],
            registry=self.registry,
        )

    def observe_request(self, api: str, method: str, route: str, code: int, seconds: float) -> None:
        """Counts one answer; `route` is the template, not the path that was asked."""
        self._requests.labels(api, method, route, str(code)).inc()
        self._seconds.labels(api).observe(seconds)

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Adds a gauge that asks for its value when it is read."""
        Gauge(name, description, registry=self.registry).set_function(value)
