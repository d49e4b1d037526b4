"""Asks another peer of a contract for the signatures that it has: what it pushed to us may be lost."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

import structlog

from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.hashes import grant_hashes
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.core.state import ContractState
from wegennet.fsc.manager import backoff
from wegennet.fsc.manager.store import contracts, errands
from wegennet.fsc.service.client import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.fsc.api.manager import Signatures
    from wegennet.fsc.manager.directory import Directory
    from wegennet.fsc.manager.intake import Intake
    from wegennet.fsc.manager.remote import Managers
    from wegennet.fsc.manager.store.contracts import Contract
    from wegennet.fsc.manager.store.errands import Errand
    from wegennet.fsc.storage.database import Connection, Database

log = structlog.get_logger(__name__)

VALID_SECONDS: Final = 3600.0
"""How often the other side of a valid contract is asked, about: whether it was revoked."""

Found = tuple[SignatureType, str, str]


class Pull:
    """Does the errands of asking.

    Args:
        database: has the contracts.
        managers: to call other peers with.
        directory: says where they are.
        intake: takes in what is found, as if it had been pushed.
        own_id: our peer's id.
    """

    def __init__(
        self, database: Database, managers: Managers, directory: Directory, intake: Intake, own_id: str
    ) -> None:
        self._database = database
        self._managers = managers
        self._directory = directory
        self._intake = intake
        self._own_id = own_id

    async def __call__(self, errand: Errand) -> None:
        """Asks a peer while the contract is proposed or valid; a contract that has just become valid need not be.

        Raises:
            CallError: it refused, or was nowhere to be reached.
        """
        async with self._database.transaction() as connection:
            contract = await contracts.get(connection, errand.content_hash)
        assert contract is not None  # noqa: S101 (an errand refers to it)
        state = contract.state(int(time.time()))
        asks = state is ContractState.PROPOSED or (state is ContractState.VALID and errand.attempts > 1)
        if asks:
            await self._take(contract, await self._ask(contract, errand.peer_id))
        async with self._database.transaction() as connection:
            await self._end(connection, errand)
        if asks:
            await errands.let_go(self._database, errand.peer_id)

    async def _ask(self, contract: Contract, peer_id: str) -> Signatures:
        nowhere = UnreachableError(f"The address of the Manager of peer {peer_id} is not known.")
        grant_hash = grant_hashes(contract.content)[0]
        async for address in self._directory.addresses(peer_id):
            try:
                return await self._managers.of(peer_id, address).signatures(contract.content, grant_hash)
            except UnreachableError as error:
                nowhere = error
        raise nowhere

    async def _take(self, contract: Contract, found: Signatures) -> None:
        for signature_type, peer_id, jws in self._news(contract, found):
            try:
                await self._intake.found(contract.content_hash, peer_id, signature_type, jws)
            except FscError as error:
                log.warning(
                    "signature not taken", content_hash=contract.content_hash, peer_id=peer_id, reason=str(error)
                )

    def _news(self, contract: Contract, found: Signatures) -> Iterator[Found]:
        """What is in `found` and not in `contract`, of other peers that are on it."""
        others = set(contract.content.peers()) - {self._own_id}
        for signature_type in SignatureType:
            for peer_id, jws in getattr(found, signature_type).items():
                known = contract.signature(peer_id, signature_type)
                if peer_id in others and (known is None or known.jws != jws):
                    yield signature_type, peer_id, jws

    async def _end(self, connection: Connection, errand: Errand) -> None:
        """Asks again later, as long as there is something to learn."""
        contract = await contracts.get(connection, errand.content_hash)
        assert contract is not None  # noqa: S101
        match contract.state(int(time.time())):
            case ContractState.PROPOSED:
                await errands.again(connection, errand, backoff.pause(errand.attempts))
            case ContractState.VALID:
                await errands.again(connection, errand, VALID_SECONDS * random.uniform(0.75, 1.25))  # noqa: S311
            case _:
                await errands.done(connection, errand)
