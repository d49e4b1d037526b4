"""Metrics of a gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from wegennet.fsc.service.metrics import Metrics

_SECONDS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_RECORDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class GatewayMetrics:
    """Counts requests by outcome, and what they needed.

    An outcome is `forwarded`, or the code with which a request was refused.
    """

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._requests = Counter(
            "fsc_gateway_requests", "Requests that came in.", ["outcome", "status"], registry=registry
        )
        self._seconds = Histogram(
            "fsc_gateway_request_seconds",
            "Time until the head of the answer, in seconds.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._records = Histogram(
            "fsc_gateway_log_write_records",
            "Transaction records that were written together.",
            buckets=_RECORDS,
            registry=registry,
        )
        self._failures = Counter(
            "fsc_gateway_upstream_failures",
            "Requests or answers that broke off on the way to the next hop or back.",
            ["step"],
            registry=registry,
        )
        self._tokens = Counter(
            "fsc_gateway_tokens_fetched", "Access tokens asked of Managers.", ["outcome"], registry=registry
        )

    def answered(self, outcome: str, status: int, seconds: float) -> None:
        """One request got the head of its answer."""
        self._requests.labels(outcome, f"{status // 100}xx").inc()
        self._seconds.observe(seconds)

    def logged(self, records: int) -> None:
        """One write to the transaction log was confirmed."""
        self._records.observe(records)

    def broke_off(self, step: str) -> None:
        """The next hop failed: at `head`, before an answer, or in its `body`."""
        self._failures.labels(step).inc()

    def token(self, outcome: str) -> None:
        """An access token was asked for: `issued`, `refused`, `unusable` or `unreachable`."""
        self._tokens.labels(outcome).inc()
