from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from support.fsc_core import DELEGATOR, PUBLISHER, connection, content, publication

from wegennet.fsc.api.manager_internal import KnownContractsQuery, NewContract, ShownContent
from wegennet.fsc.core.contract import parse_content
from wegennet.fsc.core.hashes import grant_hashes
from wegennet.fsc.core.state import ContractState

GRANTS = [
    connection(properties={"a": 1}),
    connection(delegator=DELEGATOR),
    connection(delegator=DELEGATOR, publisher=PUBLISHER),
    publication(),
    publication(delegator=DELEGATOR),
]


def _flat(*grants: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Content as OpenFSC's tools send it: no version, and grants without `data` around them."""
    value = content() | {"grants": list(grants)} | changes
    del value["fsc_version"]
    return {"contract_content": value}


@pytest.mark.parametrize("grant", GRANTS)
def test_flat_grant_becomes_the_content_that_peers_exchange(grant: dict[str, Any]) -> None:
    made = NewContract.model_validate(_flat(grant)).contract_content.content()
    assert made.as_json() == content(grant)


def test_hash_algorithm_may_be_left_out() -> None:
    body = _flat(connection())
    del body["contract_content"]["hash_algorithm"]
    assert NewContract.model_validate(body).contract_content.content().as_json() == content()


@pytest.mark.parametrize(
    "body",
    [
        {"contract_content": _flat(connection())["contract_content"] | {"fsc_version": "2.0.0"}},
        _flat({"data": connection()}),
        _flat(connection() | {"hash": "$1$3$"}),
        _flat(connection(), hash_algorithm="HASH_ALGORITHM_MD5"),
        _flat(connection()) | {"extra": 1},
        {},
    ],
)
def test_other_members_of_a_new_contract_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewContract.model_validate(body)


@pytest.mark.parametrize("grant", GRANTS)
def test_shown_grant_is_flat_with_its_hash(grant: dict[str, Any]) -> None:
    read = parse_content(content(grant))
    shown = ShownContent.of(read).model_dump(mode="json")
    assert shown == read.as_json() | {"grants": [grant | {"hash": grant_hashes(read)[0]}]}


def test_shown_content_is_read_back() -> None:
    shown = ShownContent.of(parse_content(content(*GRANTS[:3])))
    assert ShownContent.model_validate(shown.model_dump(mode="json")) == shown


def test_states_can_be_filtered_on() -> None:
    assert KnownContractsQuery(state=ContractState.VALID).pairs() == [("state", "CONTRACT_STATE_VALID")]
