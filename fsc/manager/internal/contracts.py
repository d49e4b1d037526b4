"""`/contracts` for our own people: see them, make and sign them, see who has been told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, Final

from cryptography.x509.oid import NameOID
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from wegennet.fsc.api.manager_internal import (
    ContractMade,
    Distribution,
    DistributionAction,
    Distributions,
    KnownContract,
    KnownContracts,
    KnownContractsQuery,
    NewContract,
)
from wegennet.fsc.core import hashes
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.manager.internal.shown import shown
from wegennet.fsc.manager.pages import after, asked
from wegennet.fsc.manager.store import contracts, errands
from wegennet.fsc.manager.store.contracts import Filter
from wegennet.fsc.manager.store.errands import Action
from wegennet.fsc.service.caller import certificate_of
from wegennet.fsc.service.openapi import errors
from wegennet.fsc.service.strict import router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wegennet.fsc.manager.negotiation import Negotiation
    from wegennet.fsc.manager.store.errands import Progress
    from wegennet.fsc.storage.database import Database

ACTION: Final = {
    DistributionAction.SUBMIT_CONTRACT: Action.SUBMIT_CONTRACT,
    DistributionAction.SUBMIT_ACCEPT_SIGNATURE: Action.SUBMIT_ACCEPT,
    DistributionAction.SUBMIT_REJECT_SIGNATURE: Action.SUBMIT_REJECT,
    DistributionAction.SUBMIT_REVOKE_SIGNATURE: Action.SUBMIT_REVOKE,
}
_SHOWN: Final = {action: distribution for distribution, action in ACTION.items()}


async def _actor(request: Request) -> str:
    """Who calls, for the audit log: the common name in the internal certificate."""
    names = certificate_of(request).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return f"internal: {names[0].value!s}" if names else "internal"


Actor = Annotated[str, Depends(_actor)]
ContentHash = Annotated[str, Path(alias="hash")]


def routes(database: Database, negotiation: Negotiation, wake: Callable[[], None]) -> APIRouter:
    """`/contracts` and what is under it."""
    made = router()

    @made.get("/contracts", response_model=KnownContracts, responses=errors(400, 503))
    async def list_contracts(query: Annotated[KnownContractsQuery, Query()]) -> KnownContracts:
        """The contracts that we know, by the date of their creation."""
        now = int(time.time())
        only = Filter(
            grant_type=query.grant_type,
            content_hashes=query.content_hash or None,
            grant_hashes=query.grant_hash or None,
            state=query.state,
            at=now,
        )
        async with database.transaction() as connection:
            found, more = await contracts.select(connection, only, asked(query))
        pagination = after(found, lambda last: last.content_hash, more=more)
        return KnownContracts(contracts=[shown(one, now) for one in found], pagination=pagination)

    @made.get("/contracts/{hash}", response_model=KnownContract, responses=errors(400, 404, 503))
    async def get_contract(content_hash: ContentHash) -> KnownContract:
        """One contract."""
        async with database.transaction() as connection:
            found = await contracts.get(connection, content_hash)
        if found is None:
            raise _unknown(content_hash)
        return shown(found, int(time.time()))

    @made.post("/contracts", status_code=201, response_model=ContractMade, responses=errors(400, 413, 422, 503))
    async def make_contract(body: NewContract, actor: Actor) -> ContractMade:
        """Makes a contract with our accept; the other peers get it."""
        content = body.contract_content.content()
        content_hash = await negotiation.make(content, actor)
        return ContractMade(content_hash=content_hash, grant_hashes=hashes.grant_hashes(content))

    for kind in SignatureType:
        options: dict[str, Any] = {"status_code": 201, "response_class": Response, "operation_id": f"{kind}Contract"}
        made.put(f"/contracts/{{hash}}/{kind}", responses=errors(400, 404, 409, 503), **options)(
            _signing(negotiation, kind)
        )

    @made.get("/contracts/{hash}/distributions", response_model=Distributions, responses=errors(400, 404, 503))
    async def get_distributions(content_hash: ContentHash) -> Distributions:
        """What the other peers have been told of a contract, and must still be."""
        async with database.transaction() as connection:
            if await contracts.get(connection, content_hash) is None:
                raise _unknown(content_hash)
            found = await errands.progress(connection, content_hash)
        return Distributions(distributions=[_distribution(one) for one in found if one.action in _SHOWN])

    @made.post(
        "/contracts/{hash}/distributions/{peer_id}/{action}/retry",
        response_class=Response,
        responses=errors(400, 404, 503),
    )
    async def retry_distribution(content_hash: ContentHash, peer_id: str, action: DistributionAction) -> Response:
        """Tells a peer again, now."""
        async with database.transaction() as connection:
            found = await errands.progress(connection, content_hash)
            if not any((one.peer_id, one.action) == (peer_id, ACTION[action]) for one in found):
                raise FscError(ErrorCode.NOT_FOUND, f"There is no {action} of {content_hash} to peer {peer_id}.")
            await errands.add(connection, content_hash, [peer_id], ACTION[action])
        wake()
        return Response()

    return made


def _signing(negotiation: Negotiation, kind: SignatureType) -> Callable[..., Awaitable[Response]]:
    async def sign(content_hash: ContentHash, actor: Actor) -> Response:
        await negotiation.sign(content_hash, kind, actor)
        return Response(status_code=201)

    sign.__doc__ = f"Puts our {kind} on a contract; the other peers get it."
    return sign


def _distribution(one: Progress) -> Distribution:
    waiting = one.done_at is None
    times = {"next_attempt_at": int(one.due_at.timestamp())} if waiting else {}
    if one.done_at is not None and one.last_error is None:
        times["delivered_at"] = int(one.done_at.timestamp())
    known = {"last_error": one.last_error} if one.last_error is not None else {}
    return Distribution.model_validate(
        {"peer_id": one.peer_id, "action": _SHOWN[one.action], "attempts": one.attempts, **times, **known}
    )


def _unknown(content_hash: str) -> FscError:
    return FscError(ErrorCode.NOT_FOUND, f"There is no contract {content_hash}.")
