"""What our own people do with contracts: make, accept, reject and revoke them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from wegennet.fsc.core import rules
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.core.state import ContractState
from wegennet.fsc.manager import audit
from wegennet.fsc.manager.store import contracts

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.core.contract import Content
    from wegennet.fsc.manager.signing import Signing
    from wegennet.fsc.manager.store.contracts import Contract
    from wegennet.fsc.storage.database import Connection, Database

_OVER = (ContractState.REJECTED, ContractState.REVOKED, ContractState.EXPIRED)


class Negotiation:
    """Makes and signs contracts for our peer.

    Args:
        database: where they are stored.
        group_id: of our group.
        signing: signs as our peer.
        wake: says that there are new errands.
    """

    def __init__(self, database: Database, group_id: str, signing: Signing, wake: Callable[[], None]) -> None:
        self._database = database
        self._group_id = group_id
        self._signing = signing
        self._wake = wake

    async def make(self, content: Content, actor: str) -> str:
        """Stores a contract of ours with our accept; the other peers get it. Gives its content hash.

        The same contract again changes nothing.

        Raises:
            FscError: it breaks a rule, we aren't in it, or its iv is another contract's.
        """
        rules.check(content, group_id=self._group_id, now=int(time.time()))
        rules.check_parties(content, submitting=self._signing.own_id, receiving=self._signing.own_id)
        prepared = await asyncio.to_thread(contracts.prepare, content)
        content_hash = prepared.content_hash
        async with self._database.transaction() as connection:
            is_new = await contracts.insert(connection, prepared)
            if is_new:
                await self._signing.sign(connection, content_hash, content, SignatureType.ACCEPT, is_new=True)
        if is_new:
            self._signed("accept", content_hash, actor)
        return content_hash

    async def sign(self, content_hash: str, signature_type: SignatureType, actor: str) -> None:
        """Puts our signature on a contract that we have, unless it is there; the other peers get it.

        Raises:
            FscError: there is no such contract (NOT_FOUND), or it has ended (CONFLICT).
        """
        async with self._database.transaction() as connection:
            signed = await self._sign(connection, content_hash, signature_type)
        if signed:
            self._signed(signature_type, content_hash, actor)

    async def _sign(self, connection: Connection, content_hash: str, signature_type: SignatureType) -> bool:
        await contracts.lock(connection, content_hash)
        contract = await contracts.get(connection, content_hash)
        if contract is None:
            raise FscError(ErrorCode.NOT_FOUND, f"There is no contract {content_hash}.")
        now = int(time.time())
        present = contract.signature(self._signing.own_id, signature_type)
        if present is not None and present.expires_at >= now:
            return False
        _check_not_over(contract, signature_type, now)
        await self._signing.sign(connection, content_hash, contract.content, signature_type)
        return True

    def _signed(self, what: str, content_hash: str, actor: str) -> None:
        self._wake()
        audit.record(f"contract.{what}", actor, content_hash=content_hash)


def _check_not_over(contract: Contract, signature_type: SignatureType, now: int) -> None:
    state = contract.state(now)
    if state is ContractState.EXPIRED or (signature_type is SignatureType.ACCEPT and state in _OVER):
        ended = state.removeprefix("CONTRACT_STATE_").lower()
        raise FscError(ErrorCode.CONFLICT, f"The contract is {ended}; make a new one.")
