"""Asks a decision point whether to accept a contract (OpenID AuthZEN Authorization API 1.0, access evaluation)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pydantic import StrictBool

from wegennet.fsc.api.common import Message
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.core.state import ContractState
from wegennet.fsc.manager import audit
from wegennet.fsc.manager.store import contracts, errands

if TYPE_CHECKING:
    from wegennet.fsc.manager.signing import Signing
    from wegennet.fsc.manager.store.contracts import Contract
    from wegennet.fsc.manager.store.errands import Errand
    from wegennet.fsc.service.client import ApiClient
    from wegennet.fsc.storage.database import Connection, Database


class Answer(Message):
    """What a decision point answers."""

    decision: StrictBool


class Decide:
    """Does the errands of deciding.

    Args:
        database: has the contracts.
        signing: signs as our peer.
        decision_point: AUTHZEN_AUTO_SIGN_PDP_ADDRESS.
    """

    def __init__(self, database: Database, signing: Signing, decision_point: ApiClient) -> None:
        self._database = database
        self._signing = signing
        self._decision_point = decision_point

    async def __call__(self, errand: Errand) -> None:
        """Asks about a contract that a peer submitted, and accepts it when the answer is yes; a no is left to people.

        Raises:
            CallError: the decision point gave no answer.
        """
        async with self._database.transaction() as connection:
            contract = await contracts.get(connection, errand.content_hash)
        assert contract is not None  # noqa: S101 (an errand refers to it)
        if not self._waits(contract):
            async with self._database.transaction() as connection:
                await errands.done(connection, errand)
            return
        answer = await self._decision_point.post("/access/v1/evaluation", question(contract, errand.peer_id), Answer)
        async with self._database.transaction() as connection:
            accepted = answer.decision and await self._accept(connection, errand.content_hash)
            await errands.done(connection, errand)
        await errands.let_go(self._database, errand.action)
        if accepted or not answer.decision:
            action = "contract.accept" if accepted else "contract.accept.denied"
            audit.record(action, "authzen", content_hash=errand.content_hash, submitted_by=errand.peer_id)

    async def _accept(self, connection: Connection, content_hash: str) -> bool:
        await contracts.lock(connection, content_hash)
        contract = await contracts.get(connection, content_hash)
        if contract is None or not self._waits(contract):
            return False
        await self._signing.sign(connection, content_hash, contract.content, SignatureType.ACCEPT)
        return True

    def _waits(self, contract: Contract) -> bool:
        """Whether a contract still waits for our accept."""
        return (
            contract.state(int(time.time())) is ContractState.PROPOSED
            and contract.signature(self._signing.own_id, SignatureType.ACCEPT) is None
        )


class LeaveToPeople:
    """Ends the errands of deciding when there is no decision point any more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, errand: Errand) -> None:
        """Ends one."""
        async with self._database.transaction() as connection:
            await errands.done(connection, errand)


def question(contract: Contract, peer_id: str) -> dict[str, Any]:
    """May this contract, which a peer submitted, be accepted?"""
    return {
        "subject": {"type": "peer", "id": peer_id},
        "action": {"name": SignatureType.ACCEPT.value},
        "resource": {"type": "contract", "id": contract.content_hash, "properties": contract.content.as_json()},
    }
