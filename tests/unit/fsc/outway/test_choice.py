"""Which grant a request is made under."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.gateways.peers import OTHER, PROVIDER, grant

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.outway.choice import NoChoiceError, Wish, choose, listed, wish

if TYPE_CHECKING:
    from wegennet.fsc.api.manager_internal import OutwayService

NOW = int(time.time())


def chosen(*grants: OutwayService, grant_hash: str = "", name: str = "", peer: str = "") -> str:
    return choose({each.grant_hash: each for each in grants}, Wish(grant_hash, name, peer), now=NOW).grant_hash


def refused(*grants: OutwayService, grant_hash: str = "", name: str = "", peer: str = "") -> NoChoiceError:
    with pytest.raises(NoChoiceError) as refusal:
        chosen(*grants, grant_hash=grant_hash, name=name, peer=peer)
    return refusal.value


def test_the_grant_that_is_named_is_used() -> None:
    assert chosen(grant("one"), grant("two", service_name="permits"), grant_hash="two") == "two"


def test_a_grant_that_is_not_known_is_refused() -> None:
    assert refused(grant("one"), grant_hash="two").code == ErrorCode.UNKNOWN_GRANT_HASH_IN_HEADER


def test_a_grant_whose_contract_ended_is_refused() -> None:
    assert refused(grant("one", not_after=NOW - 1), grant_hash="one").code == ErrorCode.UNKNOWN_GRANT_HASH_IN_HEADER


def test_the_only_grant_need_not_be_named() -> None:
    assert chosen(grant("one")) == "one"


def test_a_service_is_enough_where_one_grant_is_for_it() -> None:
    assert chosen(grant("one"), grant("two", service_name="permits"), name="permits") == "two"


def test_the_peer_tells_services_of_one_name_apart() -> None:
    assert chosen(grant("one"), grant("two", service_peer_id=OTHER), name="parking", peer=OTHER) == "two"


def test_a_service_of_one_name_at_two_peers_is_ambiguous() -> None:
    assert (
        refused(grant("one"), grant("two", service_peer_id=OTHER), name="parking").code == ErrorCode.MISSING_GRANT_HASH
    )


def test_a_connection_on_behalf_of_another_is_another_connection() -> None:
    error = refused(grant("own"), grant("theirs", delegator_peer_id=OTHER), name="parking")
    assert [each.grant_hash for each in error.usable] == ["own", "theirs"]


def test_a_contract_and_the_one_that_renews_it_are_one_connection() -> None:
    assert chosen(grant("old"), grant("new", not_after=NOW + 50_000)) == "new"


def test_without_a_contract_there_is_nothing_to_choose() -> None:
    assert refused().message == "This Outway has no valid contract for any service."


def test_a_service_without_a_contract_is_said() -> None:
    assert (
        refused(grant("one"), name="permits").message == "This Outway has no valid contract for the service 'permits'."
    )


def test_a_header_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(FscError) as refusal:
        wish([(b"fsc-grant-hash", b"one"), (b"fsc-grant-hash", b"two")])
    assert refusal.value.code == ErrorCode.INVALID_REQUEST


def test_headers_say_the_wish() -> None:
    said = [(b"fsc-service-name", b"parking"), (b"fsc-service-peer-id", PROVIDER.encode())]
    assert wish(said) == Wish("", "parking", PROVIDER)


def test_the_list_of_usable_grants_says_what_a_client_needs() -> None:
    assert listed([grant("one", delegator_peer_id=OTHER)]) == [
        {"grant_hash": "one", "service_name": "parking", "service_peer_id": PROVIDER, "delegator_peer_id": OTHER}
    ]
