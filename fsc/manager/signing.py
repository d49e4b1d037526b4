"""Our own signatures: each is stored together with the errands that tell the other peers of the contract."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from wegennet.fsc.core.certificates import expires_at
from wegennet.fsc.core.signatures import Signature, SignatureType, sign
from wegennet.fsc.manager.store import contracts, errands
from wegennet.fsc.manager.store.errands import Action

if TYPE_CHECKING:
    from wegennet.fsc.core.contract import Content
    from wegennet.fsc.manager.keys import OwnKeys
    from wegennet.fsc.storage.database import Connection

PULL_AFTER: Final = 5.0
"""Seconds after our accept before we ask the others for theirs: a push is quicker, when it comes."""

SUBMIT: Final = {
    SignatureType.ACCEPT: Action.SUBMIT_ACCEPT,
    SignatureType.REJECT: Action.SUBMIT_REJECT,
    SignatureType.REVOKE: Action.SUBMIT_REVOKE,
}


class Signing:
    """Signs as our peer.

    Args:
        own_id: our peer's id.
        keys: has the key pair for contracts.
    """

    def __init__(self, own_id: str, keys: OwnKeys) -> None:
        self.own_id = own_id
        self._keys = keys

    async def sign(
        self,
        connection: Connection,
        content_hash: str,
        content: Content,
        signature_type: SignatureType,
        *,
        is_new: bool = False,
    ) -> None:
        """Signs a contract that is stored, and makes the errands that follow from it.

        Args:
            connection: in a transaction.
            content_hash: of the contract.
            content: of the contract.
            signature_type: what we say of it.
            is_new: whether we made the contract, so that the others don't have it.
        """
        await contracts.put_signature(connection, self._made(content_hash, signature_type))
        others = [peer_id for peer_id in content.peers() if peer_id != self.own_id]
        # In the order of their names, in which others lock errands too: else two could wait for each other.
        if signature_type is SignatureType.ACCEPT:
            await errands.add(connection, content_hash, others, Action.PULL, after=PULL_AFTER)
        action = Action.SUBMIT_CONTRACT if is_new else SUBMIT[signature_type]
        await errands.add(connection, content_hash, others, action)

    def _made(self, content_hash: str, signature_type: SignatureType) -> Signature:
        keypair, now = self._keys.contract, int(time.time())
        return Signature(
            jws=sign(keypair, content_hash, signature_type, now),
            peer_id=self.own_id,
            type=signature_type,
            signed_at=now,
            content_hash=content_hash,
            thumbprint=keypair.thumbprint,
            expires_at=expires_at(keypair.certificate),
        )
