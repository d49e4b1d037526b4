"""The state of a contract (FSC Core 3.2.1, figure 3)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wegennet.fsc.core.signatures import Signature, SignatureType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wegennet.fsc.core.contract import Content


class ContractState(StrEnum):
    """States, as the internal API writes them."""

    PROPOSED = "CONTRACT_STATE_PROPOSED"
    VALID = "CONTRACT_STATE_VALID"
    REJECTED = "CONTRACT_STATE_REJECTED"
    REVOKED = "CONTRACT_STATE_REVOKED"
    EXPIRED = "CONTRACT_STATE_EXPIRED"


def state(content: Content, signatures: Iterable[Signature], now: int) -> ContractState:
    """State of a contract by the set of its verified signatures; in which order they came makes no difference.

    Revoked goes before rejected, before expired, before valid. A contract is valid within its period, when every
    peer on it has an accept signature whose certificate has not expired (FSC Core 4.2.7); else it is proposed.

    Args:
        content: what the peers agree on.
        signatures: verified signatures on this very content; those of peers that are not on it do not count.
        now: Unix seconds.
    """
    peers = set(content.peers())
    by_peers = [signature for signature in signatures if signature.peer_id in peers]
    types = {signature.type for signature in by_peers}
    if SignatureType.REVOKE in types:
        return ContractState.REVOKED
    if SignatureType.REJECT in types:
        return ContractState.REJECTED
    if now > content.validity.not_after:
        return ContractState.EXPIRED
    accepted = {each.peer_id for each in by_peers if each.expires_at >= now}
    return ContractState.VALID if accepted == peers and now >= content.validity.not_before else ContractState.PROPOSED


def preferred(signatures: Iterable[Signature]) -> list[Signature]:
    """One signature for each peer and type: the one whose certificate lasts longest, whatever came last.

    The state by these is the state by all of them, at any moment. Of equals the latest signed is taken, then the
    greatest JWS, so that all peers keep the same one.
    """
    best: dict[tuple[str, SignatureType], Signature] = {}
    for signature in signatures:
        place = (signature.peer_id, signature.type)
        best[place] = max(best.get(place, signature), signature, key=_lasting)
    return [best[place] for place in sorted(best)]


def _lasting(signature: Signature) -> tuple[int, int, str]:
    return signature.expires_at, signature.signed_at, signature.jws
