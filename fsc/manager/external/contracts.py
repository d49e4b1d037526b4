"""`/contracts`: what other peers submit to us, and what they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Response

from wegennet.fsc.api.manager import Contracts, ContractsQuery, SignedContent
from wegennet.fsc.core import hashes
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.manager.answers import json_answer
from wegennet.fsc.manager.checks import Caller, SenderAddress  # noqa: TC001 (FastAPI reads the annotations)
from wegennet.fsc.manager.intake import Submission
from wegennet.fsc.manager.pages import after, asked
from wegennet.fsc.manager.store import contracts
from wegennet.fsc.manager.store.contracts import Contract, Filter
from wegennet.fsc.manager.store.pages import Page
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wegennet.fsc.api.common import Pagination
    from wegennet.fsc.manager.intake import Intake
    from wegennet.fsc.storage.database import Database


def routes(intake: Intake, database: Database) -> APIRouter:
    """`POST` and `GET /contracts`, `PUT /contracts/{hash}/accept|reject|revoke`."""
    made = router()

    @made.post("/contracts", **_submits("submitContract"))
    async def submit_contract(peer: Caller, address: SenderAddress, body: SignedContent) -> Response:
        """Submits a contract with the submitting peer's accept."""
        await intake.submitted(Submission(peer, address, body.content, body.signature, SignatureType.ACCEPT))
        return Response(status_code=201)

    for kind in SignatureType:
        made.put(f"/contracts/{{hash}}/{kind}", **_submits(f"{kind}Contract"))(_signing(intake, kind))

    @made.get("/contracts", response_model=Contracts, responses=errors(400, 422, 503), operation_id="getContracts")
    async def get_contracts(peer: Caller, query: Annotated[ContractsQuery, Query()]) -> Response:
        """The contracts that the calling peer takes part in, by the date of their creation."""
        found, pagination = await _select(database, peer.id, query)
        return json_answer({"contracts": [_shown(one) for one in found], "pagination": pagination.model_dump()})

    return made


def _submits(operation_id: str) -> dict[str, Any]:
    return {
        "status_code": 201,
        "response_class": Response,
        "responses": errors(400, 413, 422, 503),
        "operation_id": operation_id,
    }


def _signing(intake: Intake, kind: SignatureType) -> Callable[..., Awaitable[Response]]:
    async def sign(
        content_hash: Annotated[str, Path(alias="hash")], peer: Caller, address: SenderAddress, body: SignedContent
    ) -> Response:
        await intake.submitted(Submission(peer, address, body.content, body.signature, kind), content_hash)
        return Response(status_code=201)

    sign.__doc__ = f"Takes a peer's {kind} of a contract; a contract that we don't know yet is taken in with it."
    return sign


async def _select(database: Database, peer_id: str, query: ContractsQuery) -> tuple[list[Contract], Pagination]:
    """A page; or all contracts with one of some grants, for which the other parameters are ignored."""
    for grant_hash in query.grant_hash:
        hashes.parse_hash(grant_hash)
    only, page = Filter(party=peer_id, grant_type=query.grant_type), asked(query)
    if query.grant_hash:
        only, page = Filter(party=peer_id, grant_hashes=query.grant_hash), Page(descending=page.descending)
    async with database.transaction() as connection:
        found, more = await contracts.select(connection, only, page)
    if query.grant_hash and more:
        raise FscError(ErrorCode.INVALID_REQUEST, "These contracts are too large for one answer; ask for fewer.")
    return found, after(found, lambda last: last.content_hash, more=more)


def _shown(contract: Contract) -> dict[str, Any]:
    signatures: dict[str, dict[str, str]] = {kind.value: {} for kind in SignatureType}
    for each in contract.signatures:
        signatures[each.type][each.peer_id] = each.jws
    return {"content": orjson.Fragment(contract.text), "signatures": signatures}
