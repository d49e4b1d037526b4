from __future__ import annotations

from typing import Any

import pytest
from unit.fsc.manager import made

from wegennet.fsc.manager.autosign import MOST_PEERS, AutoSign, covers

EVERYTHING = frozenset(AutoSign)
PUBLICATION, DELEGATED_PUBLICATION = AutoSign.SERVICE_PUBLICATION, AutoSign.DELEGATED_SERVICE_PUBLICATION
CONNECTION, DELEGATED_CONNECTION = AutoSign.SERVICE_CONNECTION, AutoSign.DELEGATED_SERVICE_CONNECTION


@pytest.mark.parametrize(
    ("name", "grant", "giver"),
    [
        (PUBLICATION, made.publication(), made.DIRECTORY),
        (DELEGATED_PUBLICATION, made.delegated_publication(), made.DIRECTORY),
        (CONNECTION, made.connection(), made.PROVIDER),
        (CONNECTION, made.connection(publisher=made.PUBLISHER), made.PROVIDER),
        (DELEGATED_CONNECTION, made.delegated_connection(), made.PROVIDER),
        (DELEGATED_CONNECTION, made.delegated_connection(publisher=made.PUBLISHER), made.PROVIDER),
    ],
)
def test_who_gives_accepts_what_it_allows_and_nothing_else(name: AutoSign, grant: dict[str, Any], giver: str) -> None:
    content = made.contract(grant)
    assert covers([name], content, giver)
    assert not covers(EVERYTHING - {name}, content, giver)


@pytest.mark.parametrize(
    ("grant", "taker"),
    [
        (made.publication(), made.PROVIDER),
        (made.delegated_publication(), made.PROVIDER),
        (made.delegated_publication(), made.DELEGATOR),
        (made.connection(), made.CONSUMER),
        (made.connection(publisher=made.PUBLISHER), made.PUBLISHER),
        (made.delegated_connection(), made.CONSUMER),
        (made.delegated_connection(), made.DELEGATOR),
        (made.delegated_connection(publisher=made.PUBLISHER), made.PUBLISHER),
    ],
)
def test_who_asks_or_delegates_accepts_nothing_by_itself(grant: dict[str, Any], taker: str) -> None:
    assert not covers(EVERYTHING, made.contract(grant), taker)


@pytest.mark.parametrize(
    "grant",
    [
        made.publication(provider=made.DIRECTORY),
        made.delegated_publication(delegator=made.DIRECTORY),
        made.connection(consumer=made.PROVIDER),
        made.connection(publisher=made.PROVIDER),
        made.delegated_connection(delegator=made.PROVIDER),
    ],
)
def test_who_gives_to_itself_accepts_nothing_by_itself(grant: dict[str, Any]) -> None:
    content = made.contract(grant)
    giver = made.DIRECTORY if "directory" in grant else made.PROVIDER
    assert not covers(EVERYTHING, content, giver)


def test_one_grant_that_is_not_covered_is_enough() -> None:
    content = made.contract(made.connection(), made.connection(consumer=made.PROVIDER, provider=made.CONSUMER))
    assert not covers(EVERYTHING, content, made.PROVIDER)


def test_nothing_is_accepted_by_itself_unless_allowed() -> None:
    assert not covers([], made.contract(made.connection()), made.PROVIDER)


def test_a_contract_of_very_many_peers_is_not_accepted_by_itself() -> None:
    grants = [made.delegated_publication(delegator=f"00000099{n:09d}000") for n in range(100, 100 + MOST_PEERS)]
    assert not covers(EVERYTHING, made.contract(*grants), made.DIRECTORY)
