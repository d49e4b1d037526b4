from __future__ import annotations

from typing import Any

import pytest
from support.fsc_core import (
    CONSUMER,
    DAY,
    DELEGATOR,
    DIRECTORY,
    GROUP,
    NOW,
    PROVIDER,
    PUBLISHER,
    STRANGER,
    connection,
    content,
    publication,
)

from wegennet.fsc.core import rules
from wegennet.fsc.core.contract import parse_content
from wegennet.fsc.core.errors import ErrorCode, FscError

NO_CONTRACT = ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH


def _check(value: dict[str, Any]) -> None:
    rules.check(parse_content(value), group_id=GROUP, now=NOW)


def _code(value: dict[str, Any]) -> ErrorCode:
    with pytest.raises(FscError) as caught:
        _check(value)
    return caught.value.code


@pytest.mark.parametrize(
    "value",
    [
        content(connection()),
        content(connection(delegator=DELEGATOR)),
        content(connection(publisher=PUBLISHER)),
        content(connection(delegator=DELEGATOR, publisher=PUBLISHER)),
        content(publication()),
        content(publication(delegator=DELEGATOR)),
        content(connection(), connection()),
        content(connection(), connection(delegator=DELEGATOR)),
        content(publication(), publication(service=publication()["service"] | {"name": "andere"})),
        content(created_at=NOW + 60),
        content(created_at=0),
        content(validity={"not_before": NOW + DAY, "not_after": NOW + 2 * DAY}),
        content(validity={"not_before": 0, "not_after": NOW + 1}),
        content(connection(service=connection()["service"] | {"name": "a"})),
        content(connection(service=connection()["service"] | {"name": "Az0-._" + "x" * 94})),
    ],
)
def test_contract_by_the_rules_is_allowed(value: dict[str, Any]) -> None:
    _check(value)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (content(group_id="fsc.group.other"), ErrorCode.INCORRECT_GROUP_ID),
        (content(group_id=""), ErrorCode.INCORRECT_GROUP_ID),
        (content(group_id=GROUP.upper()), ErrorCode.INCORRECT_GROUP_ID),
        (content(hash_algorithm="HASH_ALGORITHM_SHA3_256"), ErrorCode.UNKNOWN_HASH_ALGORITHM_HASH),
        (content(hash_algorithm=""), ErrorCode.UNKNOWN_HASH_ALGORITHM_HASH),
        (content() | {"grants": []}, NO_CONTRACT),
        (content(publication(), connection()), ErrorCode.GRANT_COMBINATION_NOT_ALLOWED),
        (content(connection(), publication()), ErrorCode.GRANT_COMBINATION_NOT_ALLOWED),
        (content(publication(), publication(delegator=DELEGATOR)), ErrorCode.GRANT_COMBINATION_NOT_ALLOWED),
        (content(publication(delegator=DELEGATOR), connection()), ErrorCode.GRANT_COMBINATION_NOT_ALLOWED),
        (content(publication(), connection(delegator=DELEGATOR)), ErrorCode.GRANT_COMBINATION_NOT_ALLOWED),
        (content(validity={"not_before": NOW + 5, "not_after": NOW + 5}), NO_CONTRACT),
        (content(validity={"not_before": NOW + 6, "not_after": NOW + 5}), NO_CONTRACT),
        (content(validity={"not_before": NOW - 5, "not_after": NOW}), NO_CONTRACT),
        (content(validity={"not_before": NOW - 5, "not_after": NOW - 1}), NO_CONTRACT),
        (content(created_at=NOW + 61), NO_CONTRACT),
    ],
)
def test_broken_rule_is_answered_with_its_code(value: dict[str, Any], code: ErrorCode) -> None:
    assert _code(value) == code


@pytest.mark.parametrize("name", ["a b", "a/b", "a\n", "é", "x" * 101, "a$", "a\x00", "../a"])
@pytest.mark.parametrize("grant", [connection(), connection(publisher=PUBLISHER), publication()])
def test_service_name_of_other_characters_is_refused(name: str, grant: dict[str, Any]) -> None:
    value = content(
        connection() if "outway" in grant else publication(), grant | {"service": grant["service"] | {"name": name}}
    )
    assert _code(value) == NO_CONTRACT


@pytest.mark.parametrize(("length", "broken"), [(1_000_000 - len('{"a":""}'), False), (1_000_000, True)])
def test_properties_have_a_largest_size(length: int, *, broken: bool) -> None:
    value = content(connection(properties={"a": "x" * length}))
    if broken:
        assert _code(value) == NO_CONTRACT
    else:
        _check(value)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"group_id": "b", "hash_algorithm": "b", "grants": []}, ErrorCode.INCORRECT_GROUP_ID),
        ({"hash_algorithm": "b", "grants": []}, ErrorCode.UNKNOWN_HASH_ALGORITHM_HASH),
        (
            {"created_at": NOW + 99, "grants": [{"data": connection()}, {"data": publication()}]},
            ErrorCode.GRANT_COMBINATION_NOT_ALLOWED,
        ),
    ],
)
def test_first_broken_rule_decides_the_code(changes: dict[str, Any], code: ErrorCode) -> None:
    assert _code(content() | changes) == code


def test_peers_of_the_contract_may_exchange_it() -> None:
    rules.check_parties(parse_content(content()), submitting=CONSUMER, receiving=PROVIDER)


@pytest.mark.parametrize("receiving", [PROVIDER, STRANGER])
def test_submitting_peer_must_be_on_the_contract(receiving: str) -> None:
    with pytest.raises(FscError) as caught:
        rules.check_parties(parse_content(content()), submitting=STRANGER, receiving=receiving)
    assert caught.value.code == ErrorCode.SUBMITTING_PEER_NOT_PART_OF_CONTRACT


def test_receiving_peer_must_be_on_the_contract() -> None:
    with pytest.raises(FscError) as caught:
        rules.check_parties(parse_content(content()), submitting=CONSUMER, receiving=DIRECTORY)
    assert caught.value.code == ErrorCode.RECEIVING_PEER_NOT_PART_OF_CONTRACT


@pytest.mark.parametrize("peer", [DELEGATOR, PUBLISHER])
def test_delegators_are_on_the_contract(peer: str) -> None:
    value = content(connection(delegator=DELEGATOR, publisher=PUBLISHER))
    rules.check_parties(parse_content(value), submitting=peer, receiving=PROVIDER)
