"""`GET /logs`: the records of our transaction log that involve the calling peer (FSC Logging 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response

from wegennet.fsc.api.logging import LogRecords, LogsQuery
from wegennet.fsc.manager.checks import Caller  # noqa: TC001 (FastAPI reads the annotations)
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import router

if TYPE_CHECKING:
    from wegennet.fsc.manager.transactions import Transactions


def routes(transactions: Transactions) -> APIRouter:
    """`GET /logs`."""
    made = router()

    @made.get("/logs", response_model=LogRecords, responses=errors(400, 503), operation_id="getLogs")
    async def get_logs(peer: Caller, query: Annotated[LogsQuery, Query()]) -> Response:
        """The log records in which the calling peer has a part."""
        found = await transactions.of_peer(query, peer.id)
        return Response(found.model_dump_json(), media_type="application/json")

    return made
