"""What other peers submit: one way in for contracts and signatures, whether they were pushed to us or found by asking.

The checks come in the order below, and nothing is stored before the last of them. Everything may come twice, and in any
order: a signature carries the content it is on, so it may be the first that is heard of a contract (ADR 0012).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wegennet.fsc.core import hashes, rules, signatures
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.core.state import ContractState
from wegennet.fsc.manager import audit
from wegennet.fsc.manager.autosign import covers
from wegennet.fsc.manager.store import certificates, contracts, errands, peers
from wegennet.fsc.manager.store.errands import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    from wegennet.fsc.core.contract import Content
    from wegennet.fsc.core.identity import Peer
    from wegennet.fsc.core.signatures import Signature
    from wegennet.fsc.manager.autosign import AutoSign
    from wegennet.fsc.manager.metrics import ManagerMetrics
    from wegennet.fsc.manager.signers import Signers
    from wegennet.fsc.manager.signing import Signing
    from wegennet.fsc.storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Submission:
    """What a peer handed over.

    Attributes:
        peer: by the certificate of the connection.
        address: of that peer's Manager, as it says.
        content: of the contract.
        jws: the signature, not verified.
        type: what the signature should say.
    """

    peer: Peer
    address: str
    content: Content
    jws: str
    type: SignatureType


@dataclass(frozen=True, slots=True)
class AutoAccept:
    """What a Manager accepts without a person.

    Attributes:
        allowed: types of grants that are accepted by rule.
        asks: whether a decision point is asked about the others.
    """

    allowed: frozenset[AutoSign] = frozenset()
    asks: bool = False


class Intake:
    """Checks and stores what comes from other peers.

    Args:
        database: where it is stored.
        group_id: of our group.
        signers: finds the certificates to verify with.
        signing: signs as our peer.
        auto_accept: which contracts we accept at once.
        metrics: counts verifications.
        wake: says that there are new errands.
    """

    def __init__(
        self,
        database: Database,
        *,
        group_id: str,
        signers: Signers,
        signing: Signing,
        auto_accept: AutoAccept,
        metrics: ManagerMetrics,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._group_id = group_id
        self._signers = signers
        self._signing = signing
        self._auto_accept = auto_accept
        self._metrics = metrics
        self._wake = wake

    async def submitted(self, submission: Submission, path_hash: str | None = None) -> None:
        """Takes in what a peer pushed to us.

        Args:
            submission: what it is.
            path_hash: the content hash in the path of the request, where there is one.

        Raises:
            FscError: it is refused; nothing of it was stored.
        """
        content, peer = submission.content, submission.peer
        rules.check(content, group_id=self._group_id, now=int(time.time()))
        # In a thread: the hashes of a megabyte take most of a second, in which others want an answer too.
        prepared = await asyncio.to_thread(contracts.prepare, content)
        content_hash = prepared.content_hash
        _check_path(path_hash, content_hash)
        rules.check_parties(content, submitting=peer.id, receiving=self._signing.own_id)
        self._check_other(peer)
        signature, chain = await self._verified(
            content_hash, submission.jws, submission.type, peer.id, submission.address
        )
        async with self._database.transaction() as connection:
            is_new = await contracts.insert(connection, prepared)
            await self._put(connection, signature, chain)
            await peers.met(connection, peer, submission.address)
            accepted = is_new and await self._decide(connection, content_hash, peer.id)
        await errands.let_go(self._database, peer.id)
        self._wake()
        audit.record(f"contract.{submission.type}.received", peer.id, content_hash=content_hash)
        if accepted:
            audit.record("contract.accept", "auto-sign", content_hash=content_hash)

    def _check_other(self, peer: Peer) -> None:
        """Our own signatures are made here: whoever has the key of one of our gateways can't bring us any."""
        if peer.id == self._signing.own_id:
            raise FscError(
                ErrorCode.SIGNATURE_VERIFICATION_FAILED,
                "This is the submitting peer's own Manager; sign with it.",
            )

    async def found(self, content_hash: str, peer_id: str, signature_type: SignatureType, jws: str) -> None:
        """Takes in a signature of a peer on a contract that we have, found at whichever Manager.

        Raises:
            FscError: it is refused; nothing of it was stored.
        """
        signature, chain = await self._verified(content_hash, jws, signature_type, peer_id, None)
        async with self._database.transaction() as connection:
            await self._put(connection, signature, chain)
        audit.record(f"contract.{signature_type}.found", peer_id, content_hash=content_hash)

    async def _verified(
        self, content_hash: str, jws: str, signature_type: SignatureType, peer_id: str, address: str | None
    ) -> tuple[Signature, tuple[x509.Certificate, ...]]:
        """The signature and the chain that it was verified with."""
        try:
            chain = await self._signers.chain(signatures.read(jws).thumbprint, peer_id, address)
            signature = signatures.verify(jws, chain[0])
            signatures.check(
                signature,
                content_hash=content_hash,
                signature_type=signature_type,
                peer_id=peer_id,
                now=int(time.time()),
            )
        except FscError as error:
            self._metrics.verifications.labels(error.code.removeprefix("ERROR_CODE_").lower()).inc()
            raise
        self._metrics.verifications.labels("accepted").inc()
        return signature, chain

    async def _put(self, connection: Connection, signature: Signature, chain: tuple[x509.Certificate, ...]) -> None:
        await certificates.put(connection, signature.peer_id, chain)
        await contracts.put_signature(connection, signature)

    async def _decide(self, connection: Connection, content_hash: str, peer_id: str) -> bool:
        """Accepts a new contract when a rule covers it, or has the decision point asked; gives whether it accepted."""
        contract = await contracts.get(connection, content_hash)
        if contract is None or contract.state(int(time.time())) is not ContractState.PROPOSED:
            return False
        if covers(self._auto_accept.allowed, contract.content, self._signing.own_id):
            await self._signing.sign(connection, content_hash, contract.content, SignatureType.ACCEPT)
            return True
        if self._auto_accept.asks:
            await errands.add(connection, content_hash, [peer_id], Action.DECIDE)
        return False


def _check_path(path_hash: str | None, content_hash: str) -> None:
    if path_hash is None:
        return
    hashes.parse_hash(path_hash)
    if path_hash != content_hash:
        raise FscError(
            ErrorCode.URL_PATH_CONTENT_HASH_MISMATCH,
            f"The path names the contract {path_hash}, and the content's hash is {content_hash}.",
        )
