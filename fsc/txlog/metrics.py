"""What the transaction log counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class TxlogMetrics:
    """The metrics of a transaction log, in the registry of its process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._written = Counter("fsc_txlog_records_written", "Records that were committed.", registry=registry)
        self._sizes = Histogram("fsc_txlog_commit_records", "Records in one commit.", buckets=_SIZES, registry=registry)
        self._deleted = Counter(
            "fsc_txlog_records_deleted", "Records that were deleted at the end of their retention.", registry=registry
        )

    def written(self, count: int) -> None:
        """Counts a commit of `count` records."""
        self._written.inc(count)
        self._sizes.observe(count)

    def deleted(self, count: int) -> None:
        """Counts records that retention deleted."""
        self._deleted.inc(count)
