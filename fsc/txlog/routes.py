"""The API of the transaction log: base `/v1`, for the components of its own peer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response

from wegennet.fsc.api.logging import LogRecords, PeerLogsQuery, WriteRecords
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import router
from wegennet.fsc.txlog.answers import logs_json

if TYPE_CHECKING:
    from wegennet.fsc.txlog.reader import Reader
    from wegennet.fsc.txlog.writer import Writer


def routes(writer: Writer, reader: Reader) -> APIRouter:
    """`POST /logs` and `GET /logs`."""
    made = router()

    @made.post("/logs", status_code=201, response_class=Response, responses=errors(400, 413, 503))
    async def write_logs(body: WriteRecords) -> Response:
        """Writes records; answers when they are committed. A record whose `record_id` is known is left as it is."""
        await writer.write(body.records)
        return Response(status_code=201)

    @made.get("/logs", response_model=LogRecords, responses=errors(400, 503))
    async def get_logs(query: Annotated[PeerLogsQuery, Query()]) -> Response:
        """Records by the filters of FSC Logging.

        `after` and `before` are about `created_at` and do not include the second itself. Of `grant_hash` and
        `service_name` one value of either must match. With `transaction_ids` only `peer_id` and `sort_order` count.
        """
        return Response(logs_json(await reader.page(query)), media_type="application/json")

    return made
