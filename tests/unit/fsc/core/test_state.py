from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fsc_core import CONSUMER, DAY, DELEGATOR, NOW, PROVIDER, STRANGER, connection, content, publication

from wegennet.fsc.core.contract import parse_content
from wegennet.fsc.core.signatures import Signature, SignatureType
from wegennet.fsc.core.state import ContractState, preferred, state

CONTENT = parse_content(content(connection(delegator=DELEGATOR)))
PEERS = CONTENT.peers()
OWN = parse_content(content(publication(directory={"peer_id": PROVIDER})))
"""A contract of one peer: any signature of it counts."""
BEGIN, END = NOW, NOW + 10 * DAY


def _signature(
    peer: str, signature_type: str = "accept", *, expires_at: int = END + DAY, jws: str = "a.b.c"
) -> Signature:
    return Signature(jws, peer, SignatureType(signature_type), NOW, "$1$1$", "thumbprint", expires_at)


ACCEPTED = [_signature(peer) for peer in PEERS]
SIGNATURES = st.builds(
    Signature,
    jws=st.sampled_from(["a.b.c", "d.e.f"]),
    peer_id=st.sampled_from([PROVIDER, PROVIDER, *PEERS, STRANGER]),
    type=st.sampled_from([*SignatureType, SignatureType.ACCEPT, SignatureType.ACCEPT]),
    signed_at=st.integers(NOW, NOW + 2),
    content_hash=st.just("$1$1$"),
    thumbprint=st.just("thumbprint"),
    expires_at=st.integers(NOW - 2, NOW + 4),
)


def test_contract_that_all_accepted_is_valid() -> None:
    assert state(CONTENT, ACCEPTED, NOW) == ContractState.VALID


@pytest.mark.parametrize("number", range(len(PEERS)))
def test_contract_that_one_has_not_accepted_is_proposed(number: int) -> None:
    assert state(CONTENT, ACCEPTED[:number] + ACCEPTED[number + 1 :], NOW) == ContractState.PROPOSED


def test_contract_without_signatures_is_proposed() -> None:
    assert state(CONTENT, [], NOW) == ContractState.PROPOSED


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (BEGIN - 1, ContractState.PROPOSED),
        (BEGIN, ContractState.VALID),
        (END, ContractState.VALID),
        (END + 1, ContractState.EXPIRED),
    ],
)
def test_contract_is_valid_within_its_period(now: int, expected: ContractState) -> None:
    assert state(CONTENT, ACCEPTED, now) == expected


def test_proposed_contract_expires_too() -> None:
    assert state(CONTENT, [], END + 1) == ContractState.EXPIRED


@pytest.mark.parametrize(
    ("types", "now", "expected"),
    [
        (["reject"], NOW, ContractState.REJECTED),
        (["revoke"], NOW, ContractState.REVOKED),
        (["reject", "revoke"], NOW, ContractState.REVOKED),
        (["reject"], END + 1, ContractState.REJECTED),
        (["revoke"], END + 1, ContractState.REVOKED),
        (["revoke"], BEGIN - 1, ContractState.REVOKED),
    ],
)
def test_one_that_takes_back_decides(types: list[str], now: int, expected: ContractState) -> None:
    taken_back = [_signature(PROVIDER, each) for each in types]
    assert state(CONTENT, [*ACCEPTED, *taken_back], now) == expected


@pytest.mark.parametrize("signature_type", ["reject", "revoke"])
def test_taking_back_lasts_longer_than_its_certificate(signature_type: str) -> None:
    taken_back = _signature(PROVIDER, signature_type, expires_at=NOW - 1)
    assert state(CONTENT, [*ACCEPTED, taken_back], NOW) != ContractState.VALID


@pytest.mark.parametrize("signature_type", SignatureType)
def test_signature_of_a_stranger_makes_no_difference(signature_type: str) -> None:
    assert state(CONTENT, [*ACCEPTED, _signature(STRANGER, signature_type)], NOW) == ContractState.VALID


def test_stranger_does_not_stand_in_for_a_peer() -> None:
    assert state(CONTENT, [*ACCEPTED[1:], _signature(STRANGER)], NOW) == ContractState.PROPOSED


def test_accept_ends_with_its_certificate() -> None:
    signatures = [*ACCEPTED[1:], _signature(CONSUMER, expires_at=NOW + 5)]
    states = [state(CONTENT, signatures, NOW + seconds) for seconds in (5, 6)]
    assert states == [ContractState.VALID, ContractState.PROPOSED]


def test_accept_with_a_new_certificate_makes_it_valid_again() -> None:
    signatures = [*ACCEPTED, _signature(CONSUMER, expires_at=NOW + 5)]
    assert state(CONTENT, signatures, NOW + 6) == ContractState.VALID


@given(st.lists(SIGNATURES, max_size=5), st.integers(NOW - 1, NOW + 5))
def test_order_and_repetition_make_no_difference(signatures: list[Signature], now: int) -> None:
    states = {state(CONTENT, [*order, *order[:1]], now) for order in permutations(signatures)}
    assert len(states) == 1


@given(st.lists(SIGNATURES, max_size=8), st.integers(NOW - 3, NOW + 6))
def test_preferred_signatures_give_the_same_state(signatures: list[Signature], now: int) -> None:
    states = [state(OWN, each, now) for each in (preferred(signatures), signatures)]
    assert states[0] == states[1]


def test_signature_whose_certificate_lasts_longest_is_preferred() -> None:
    longest = _signature(PROVIDER, expires_at=NOW + 9)
    assert preferred([longest, replace(longest, expires_at=NOW + 8, signed_at=NOW + 1)]) == [longest]


@given(st.lists(SIGNATURES, max_size=5))
def test_preferred_signatures_do_not_depend_on_the_order(signatures: list[Signature]) -> None:
    assert len({tuple(preferred(order)) for order in permutations(signatures)}) == 1


@given(st.lists(SIGNATURES, max_size=8))
def test_there_is_one_preferred_signature_for_each_peer_and_type(signatures: list[Signature]) -> None:
    kept = [(each.peer_id, each.type) for each in preferred(signatures)]
    assert sorted(kept) == sorted({(each.peer_id, each.type) for each in signatures})


@given(st.lists(SIGNATURES, max_size=8), st.lists(SIGNATURES, max_size=8))
def test_preferring_in_steps_gives_the_same(earlier: list[Signature], later: list[Signature]) -> None:
    assert preferred([*preferred(earlier), *later]) == preferred([*earlier, *later])


@given(st.lists(SIGNATURES, max_size=8), SIGNATURES, st.integers(NOW - 1, NOW + 5))
def test_nothing_makes_a_revoked_contract_valid(signatures: list[Signature], more: Signature, now: int) -> None:
    revoked = [*signatures, _signature(PROVIDER, "revoke"), more]
    assert state(CONTENT, revoked, now) == ContractState.REVOKED
