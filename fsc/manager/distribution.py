"""Tells another peer of a contract: the contract itself, or our signature on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.manager.store import contracts, errands, peers
from wegennet.fsc.manager.store.errands import Action
from wegennet.fsc.service.client import UnreachableError

if TYPE_CHECKING:
    from wegennet.fsc.manager.directory import Directory
    from wegennet.fsc.manager.remote import Managers, RemoteManager
    from wegennet.fsc.manager.store.contracts import Contract
    from wegennet.fsc.manager.store.errands import Errand
    from wegennet.fsc.storage.database import Database

SUBMITTED: Final = {
    Action.SUBMIT_CONTRACT: SignatureType.ACCEPT,
    Action.SUBMIT_ACCEPT: SignatureType.ACCEPT,
    Action.SUBMIT_REJECT: SignatureType.REJECT,
    Action.SUBMIT_REVOKE: SignatureType.REVOKE,
}
"""Which of our signatures goes along."""


class Distribution:
    """Does the errands of submitting.

    Args:
        database: has the contracts.
        managers: to call other peers with.
        directory: says where they are.
        own_id: our peer's id.
    """

    def __init__(self, database: Database, managers: Managers, directory: Directory, own_id: str) -> None:
        self._database = database
        self._managers = managers
        self._directory = directory
        self._own_id = own_id

    async def __call__(self, errand: Errand) -> None:
        """Submits to a peer, at the address where it last was, then at the one that the Directory lists.

        Raises:
            CallError: it refused, or was nowhere to be reached.
        """
        async with self._database.transaction() as connection:
            contract = await contracts.get(connection, errand.content_hash)
        assert contract is not None  # noqa: S101 (an errand refers to it)
        address = await self._submit(contract, errand)
        async with self._database.transaction() as connection:
            await peers.told(connection, errand.peer_id, address, self._managers.own_address)
            await errands.done(connection, errand)
        await errands.let_go(self._database, errand.peer_id)

    async def _submit(self, contract: Contract, errand: Errand) -> str:
        """Gives the address at which the peer took it."""
        nowhere = UnreachableError(
            f"Where the Manager of peer {errand.peer_id} is, is not known; it has to announce itself at the Directory."
        )
        async for address in self._directory.addresses(errand.peer_id):
            try:
                await self._send(self._managers.of(errand.peer_id, address), contract, errand.action)
            except UnreachableError as error:
                nowhere = error
            else:
                return address
        raise nowhere

    async def _send(self, manager: RemoteManager, contract: Contract, action: Action) -> None:
        signature = contract.signature(self._own_id, SUBMITTED[action])
        assert signature is not None  # noqa: S101 (it was stored with the errand)
        if action is Action.SUBMIT_CONTRACT:
            await manager.submit(contract.content, signature.jws)
        else:
            await manager.sign(contract.content_hash, contract.content, signature)
