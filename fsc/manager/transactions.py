"""The records of our transaction log, from the txlog-api."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from wegennet.fsc.api.common import Pagination
from wegennet.fsc.api.logging import (
    DelegatedDestination,
    DelegatedSource,
    LogRecords,
    PeerLogsQuery,
)
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.service.client import AnswerError, CallError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.fsc.api.logging import LogRecord, LogsQuery
    from wegennet.fsc.service.client import ApiClient

log = structlog.get_logger(__name__)

_BAD_REQUEST = 400


class Transactions:
    """Asks the transaction log.

    Args:
        log_api: its API; None for a peer without a log, which has no records.
    """

    def __init__(self, log_api: ApiClient | None) -> None:
        self._log_api = log_api

    async def own(self, query: LogsQuery) -> LogRecords:
        """All records that a query asks for.

        Raises:
            FscError: the log refuses the query, or isn't there.
        """
        return await self._get(PeerLogsQuery(**query.model_dump(exclude_unset=True)))

    async def of_peer(self, query: LogsQuery, peer_id: str) -> LogRecords:
        """Those that involve a peer (FSC Logging 3.2.1.1); whatever the log gives, no others.

        Raises:
            FscError: the log refuses the query, or isn't there.
        """
        found = await self._get(PeerLogsQuery(**{**query.model_dump(exclude_unset=True), "peer_id": peer_id}))
        kept = [record for record in found.records if peer_id in _parties(record)]
        return LogRecords(records=kept, pagination=found.pagination)

    async def _get(self, query: PeerLogsQuery) -> LogRecords:
        if self._log_api is None:
            return LogRecords(records=[], pagination=Pagination())
        try:
            return await self._log_api.get("/logs", LogRecords, query=query)
        except AnswerError as error:
            if error.status == _BAD_REQUEST:
                raise FscError(ErrorCode.INVALID_REQUEST, error.reason) from error
            raise self._unavailable(error) from error
        except CallError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: CallError) -> FscError:
        log.warning("the transaction log does not answer", reason=str(error))
        return FscError(ErrorCode.UNAVAILABLE, "The transaction log is not available now; try again later.")


def _parties(record: LogRecord) -> Iterator[str]:
    yield record.source.outway_peer_id
    yield record.destination.service_peer_id
    if isinstance(record.source, DelegatedSource):
        yield record.source.delegator_peer_id
    if isinstance(record.destination, DelegatedDestination):
        yield record.destination.delegator_peer_id
