"""A signature that a peer places on a contract of others, and whether the Manager keeps it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.fsc import contracts, forged
from support.fsc.agreed import agreed

if TYPE_CHECKING:
    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant
    from wegennet.fsc.core.signatures import SignatureType

ANOTHER_HASH = "$1$1$" + "A" * 86


def payload(content: dict[str, Any], kind: SignatureType, **changes: Any) -> dict[str, Any]:
    """What a signature on a content says."""
    content_hash = agreed(content).content_hash
    return {"contract_content_hash": content_hash, "type": kind.value, "signed_at": int(time.time())} | changes


@dataclass(frozen=True)
class Signing:
    """A peer is on a contract that another one submitted, and has not said anything of it.

    Attributes:
        peer: the one that signs.
        submitter: made the contract.
        manager: keeps it, and is on it.
        kind: of the signature.
    """

    peer: Outsider
    submitter: Outsider
    manager: Participant
    kind: SignatureType

    def adds(self, algorithm: str | None = None) -> None:
        """A signature that holds is kept."""
        content = self._contract()
        answer = self._place(content, self.peer.sign(content, self.kind, algorithm=algorithm))
        assert answer.status == 201, answer.body
        assert self._has_signature(content)

    def refuses(self, code: str, signature: str) -> None:
        """This text is not taken as a signature."""
        content = self._contract()
        self._refused(content, self._place(content, signature), code)

    def refuses_saying(self, code: str, **changes: Any) -> None:
        """A signature is not taken when its payload has these members in place of what it should say."""
        content = self._contract()
        head = forged.header(self.peer.keys, "ES256")
        said = payload(content, self.kind, **changes)
        self._refused(content, self._place(content, forged.compact(head, said, forged.es256(self.peer.keys))), code)

    def refuses_another_algorithm(self) -> None:
        """A signature of this peer's RSA key with PS256 is not taken."""
        content = self._contract()
        head, said = forged.header(self.peer.keys, "PS256"), payload(content, self.kind)
        signature = forged.compact(head, said, forged.ps256(self.peer.keys))
        self._refused(content, self._place(content, signature), "UNKNOWN_ALGORITHM_SIGNATURE")

    def refuses_another_path(self) -> None:
        """A signature is not taken under the hash of another contract."""
        content = self._contract()
        signature = self.peer.sign(content, self.kind)
        answer = self.peer.place(
            self.manager.manager_address, content, self.kind, signature=signature, content_hash=ANOTHER_HASH
        )
        self._refused(content, answer, "URL_PATH_CONTENT_HASH_MISMATCH")

    def refuses_a_stranger(self) -> None:
        """A signature is not taken when the peer is not on the contract."""
        content = contracts.content(self._grant())
        assert self.submitter.submit(self.manager.manager_address, content).status == 201
        answer = self.peer.place(self.manager.manager_address, content, self.kind)
        assert (answer.status, answer.code) == (422, "ERROR_CODE_SUBMITTING_PEER_NOT_PART_OF_CONTRACT")
        assert self.peer.id not in self._signatures(self.submitter, content)

    def _contract(self) -> dict[str, Any]:
        content = contracts.content(contracts.delegated(self._grant(), self.peer.id))
        answer = self.submitter.submit(self.manager.manager_address, content)
        assert answer.status == 201, answer.body
        return content

    def _grant(self) -> dict[str, Any]:
        by = self.submitter
        return contracts.connection(by.id, by.outway_thumbprint, self.manager.id, contracts.new_name())

    def _place(self, content: dict[str, Any], signature: str) -> Answer:
        return self.peer.place(self.manager.manager_address, content, self.kind, signature=signature)

    def _refused(self, content: dict[str, Any], answer: Answer, code: str) -> None:
        assert (answer.status, answer.code) == (422, f"ERROR_CODE_{code}")
        assert not self._has_signature(content)

    def _has_signature(self, content: dict[str, Any]) -> bool:
        return self.peer.id in self._signatures(self.peer, content)

    def _signatures(self, reader: Outsider, content: dict[str, Any]) -> dict[str, str]:
        stored = reader.contracts(self.manager.manager_address)[content["iv"]]
        signatures: dict[str, str] = stored["signatures"][self.kind.value]
        return signatures
