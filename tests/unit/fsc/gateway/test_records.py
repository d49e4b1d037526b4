"""The record of a transaction."""

from __future__ import annotations

import pytest

from wegennet.fsc.api.logging import DelegatedDestination, DelegatedSource, Destination, Direction, Source
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.tokens import AccessToken
from wegennet.fsc.core.transactions import new_transaction_id
from wegennet.fsc.gateway.records import record

CONSUMER, PROVIDER, DELEGATOR, PUBLISHER = (f"0000009900000000{number}000" for number in range(1, 5))


def token(**claims: str) -> AccessToken:
    return AccessToken(
        grant_hash="$1$3$x",
        group_id="group",
        subject=claims.pop("subject", CONSUMER),
        issuer=PROVIDER,
        service="parking",
        audience="https://inway.example.nl:443",
        expires_at=2,
        not_before=1,
        certificate_thumbprint="x",
        **claims,
    )


def test_the_record_has_the_claims_of_the_token() -> None:
    transaction = new_transaction_id()
    written = record(token(), transaction, Direction.INCOMING, now=12.9)
    assert written.model_dump(exclude={"record_id"}) == {
        "transaction_id": transaction,
        "direction": Direction.INCOMING,
        "grant_hash": "$1$3$x",
        "source": Source(outway_peer_id=CONSUMER).model_dump(),
        "destination": Destination(service_peer_id=PROVIDER).model_dump(),
        "service_name": "parking",
        "created_at": 12,
    }


def test_a_request_on_behalf_of_another_peer_has_its_delegator_in_the_source() -> None:
    written = record(token(subject=DELEGATOR, actor=CONSUMER), new_transaction_id(), Direction.OUTGOING, now=0)
    assert written.source == DelegatedSource(outway_peer_id=CONSUMER, delegator_peer_id=DELEGATOR)


def test_a_service_offered_on_behalf_of_another_peer_has_its_delegator_in_the_destination() -> None:
    written = record(token(publication_delegator=PUBLISHER), new_transaction_id(), Direction.OUTGOING, now=0)
    assert written.destination == DelegatedDestination(service_peer_id=PROVIDER, delegator_peer_id=PUBLISHER)


def test_every_record_has_an_id_of_its_own() -> None:
    transaction = new_transaction_id()
    ids = {record(token(), transaction, Direction.OUTGOING, now=0).record_id for _ in range(10)}
    assert len(ids) == 10


@pytest.mark.parametrize("claims", [{"subject": "nobody"}, {"publication_delegator": "x"}, {"subject": "1" * 21}])
def test_a_token_that_no_record_can_be_made_of_refuses_the_request(claims: dict[str, str]) -> None:
    with pytest.raises(FscError) as refusal:
        record(token(**claims), new_transaction_id(), Direction.OUTGOING, now=0)
    assert refusal.value.code == ErrorCode.TRANSACTION_LOG_WRITE_ERROR
