"""The transaction log of the peer, as the log writer uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.api.logging import LogRecords, LogsQuery, WriteRecords
from wegennet.fsc.gateway.logwriter import LogRefusedError, LogUnavailableError
from wegennet.fsc.service.client import AnswerError, ApiClient, CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.api.logging import WrittenRecord
    from wegennet.fsc.wire.pool import ClientPool

_ATTEMPT_SECONDS: Final = 2.0
# The records themselves are the fault; any other error is one of the log, its database or our certificate.
_REFUSED: Final = frozenset({400, 413, 422})


class TransactionLogApi:
    """The API of txlog-api.

    Args:
        pool: connections with the internal certificate.
        address: https URL of the API.
    """

    def __init__(self, pool: ClientPool, address: str) -> None:
        self._api = ApiClient(pool, f"{address}/v1", seconds=_ATTEMPT_SECONDS)

    async def store(self, records: Sequence[WrittenRecord], /) -> None:
        """Returns when the log has committed all records.

        Raises:
            LogUnavailableError: it did not say so.
            LogRefusedError: it takes none of them.
        """
        try:
            await self._api.call("POST", "/logs", body=WriteRecords(records=list(records)))
        except AnswerError as error:
            refused = error.status in _REFUSED
            raise (LogRefusedError if refused else LogUnavailableError)(str(error)) from error
        except CallError as error:
            raise LogUnavailableError(str(error)) from error

    async def ping(self) -> None:
        """Asks for one record, for readiness.

        Raises:
            CallError: the log does not answer.
        """
        await self._api.get("/logs", LogRecords, query=LogsQuery(limit=1))
