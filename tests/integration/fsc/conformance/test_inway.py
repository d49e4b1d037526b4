"""The scenarios of inway.md: a peer of the tests' own is the Outway, with tokens of the provider's Manager."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from support.fsc import contracts
from support.fsc.agreed import with_outsider
from support.fsc.conformance import scenario

from wegennet.fsc.core import tokens
from wegennet.fsc.core.transactions import new_transaction_id
from wegennet.fsc.trial.layout import Component
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from support.fsc.backend import Backend
    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant

    from wegennet.fsc.trial.keys import Files


@dataclass(frozen=True)
class Visit:
    """A request to the Inway for a path that nobody else asks for; a header of None is left out."""

    outsider: Outsider
    provider: Participant
    token: str | None
    transaction: str | None
    path: str
    files: Files | None = None

    def go(self) -> Answer:
        """Sends it."""
        bearer = None if self.token is None else f"Bearer {self.token}"
        headers = {"Fsc-Authorization": bearer, "Fsc-Transaction-Id": self.transaction}
        sent = {name: value for name, value in headers.items() if value is not None}
        client = self.outsider.at(self.provider.inway_address, self.files or self.outsider.outway_files)
        return client.call("GET", self.path, headers=sent)


def _visit(
    outsider: Outsider, provider: Participant, backend: Backend, grant: dict[str, Any], *others: Outsider
) -> Visit:
    """A request that the Inway should let through: the grant is valid, its Service is offered."""
    provider.offer(grant["service"]["name"], backend.url)
    made = with_outsider(outsider, provider, contracts.content(grant), others)
    answer = outsider.token(provider.manager_address, made.grant_hash)
    assert answer.status == 200, answer.body
    transaction = new_transaction_id()
    return Visit(outsider, provider, answer.json["access_token"], transaction, f"/{transaction}?a=1&b=%2F")


def _grant(outsider: Outsider, provider: Participant, *, offered_for: Outsider | None = None) -> dict[str, Any]:
    for_whom = offered_for.id if offered_for else None
    name = contracts.new_name()
    return contracts.connection(outsider.id, outsider.outway_thumbprint, provider.id, name, offered_for=for_whom)


@pytest.fixture
def visit(outsider: Outsider, provider: Participant, backend: Backend) -> Visit:
    """A request that the Inway should let through."""
    return _visit(outsider, provider, backend, _grant(outsider, provider))


def _denied(visit: Visit, backend: Backend, status: int, code: str) -> Answer:
    answer = visit.go()
    assert (answer.status, answer.code) == (status, f"ERROR_CODE_{code}")
    assert answer.json["domain"] == "ERROR_DOMAIN_INWAY"
    assert not backend.asked(visit.path)
    return answer


@scenario("Inway-Incoming-Request-1")
def test_inway_incoming_request_1(visit: Visit, backend: Backend) -> None:
    """A request with a token that holds reaches the Service, with its path as it was sent."""
    assert visit.go().status == 200
    assert len(backend.asked(visit.path)) == 1


@scenario("Inway-Incoming-Request-2")
def test_inway_incoming_request_2(visit: Visit, backend: Backend) -> None:
    """A request without a token is denied, and the answer says which kind of token is wanted."""
    answer = _denied(replace(visit, token=None), backend, 401, "ACCESS_TOKEN_MISSING")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@scenario("Inway-Incoming-Request-3")
def test_inway_incoming_request_3(visit: Visit, outsider: Outsider, backend: Backend) -> None:
    """A token that is bound to another certificate, even of the same peer, is denied."""
    _denied(replace(visit, files=outsider.files), backend, 401, "ACCESS_TOKEN_INVALID")


@scenario("Inway-Incoming-Request-4")
def test_inway_incoming_request_4(visit: Visit, outsider: Outsider, backend: Backend, tmp_path: Path) -> None:
    """A client with a certificate of another authority gets no connection."""
    stranger = Authority.root("Other").issue(Subject("outway", outsider.id, outsider.name, ("127.0.0.1",)))
    with pytest.raises(OSError, match=r"(?i)alert|reset|closed|no answer"):
        replace(visit, files=stranger.store(tmp_path, "stranger")).go()
    assert not backend.asked(visit.path)


@scenario("Inway-Incoming-Request-5")
def test_inway_incoming_request_5(visit: Visit, backend: Backend) -> None:
    """The Service receives the token."""
    visit.go()
    assert backend.asked(visit.path)[0].headers["Fsc-Authorization"] == f"Bearer {visit.token}"


@scenario("Inway-Incoming-Request-6")
def test_inway_incoming_request_6(visit: Visit, provider: Participant, backend: Backend) -> None:
    """A token that has expired is denied."""
    assert visit.token
    now = int(time.time())
    claims = replace(tokens.read(visit.token), not_before=now - 7200, expires_at=now - 3600)
    expired = tokens.issue(provider.keys(Component.MANAGER), claims)
    _denied(replace(visit, token=expired), backend, 401, "ACCESS_TOKEN_EXPIRED")


def _record(visit: Visit) -> dict[str, Any]:
    """The Inway's record of a request."""
    assert visit.transaction
    records = visit.provider.records(transaction_ids=visit.transaction)
    assert [record["direction"] for record in records] == ["DIRECTION_INCOMING"]
    return records[0]


@scenario("Inway-TransactionLog-1")
def test_inway_transactionlog_1(visit: Visit, backend: Backend) -> None:
    """The record of a request is there before the Service sees the request."""
    at_that_moment: list[dict[str, Any]] = []
    with backend.looking(lambda _: at_that_moment.append(_record(visit))):
        assert visit.go().status == 200
    assert [record["service_name"] for record in at_that_moment] == [tokens.read(visit.token or "").service]


@scenario("Inway-TransactionLog-2")
def test_inway_transactionlog_2(visit: Visit, backend: Backend) -> None:
    """The Service receives the transaction ID of the request."""
    visit.go()
    assert backend.asked(visit.path)[0].headers["Fsc-Transaction-Id"] == visit.transaction


@scenario("Inway-TransactionLog-3")
def test_inway_transactionlog_3(visit: Visit, backend: Backend) -> None:
    """A request without a transaction ID is denied."""
    _denied(replace(visit, transaction=None), backend, 400, "MISSING_LOG_RECORD_ID")


@scenario("Inway-TransactionLog-4")
def test_inway_transactionlog_4(outsider: Outsider, second: Outsider, provider: Participant, backend: Backend) -> None:
    """The record of a request on behalf of another peer has that peer in its source."""
    grant = contracts.delegated(_grant(outsider, provider), second.id)
    visit = _visit(outsider, provider, backend, grant, second)
    assert visit.go().status == 200
    assert _record(visit)["source"] == {
        "type": "SOURCE_TYPE_DELEGATED_SOURCE",
        "outway_peer_id": outsider.id,
        "delegator_peer_id": second.id,
    }


@scenario("Inway-TransactionLog-5")
def test_inway_transactionlog_5(outsider: Outsider, second: Outsider, provider: Participant, backend: Backend) -> None:
    """The record of a request to a Service offered for another peer has that peer in its destination."""
    visit = _visit(outsider, provider, backend, _grant(outsider, provider, offered_for=second), second)
    assert visit.go().status == 200
    assert _record(visit)["destination"] == {
        "type": "DESTINATION_TYPE_DELEGATED_DESTINATION",
        "service_peer_id": provider.id,
        "delegator_peer_id": second.id,
    }


@scenario("Inway-TransactionLog-6")
def test_inway_transactionlog_6(visit: Visit, provider: Participant, backend: Backend) -> None:
    """While the transaction log is down a request is denied and does not reach the Service."""
    with provider.without(Component.TXLOG):
        _denied(visit, backend, 500, "TRANSACTION_LOG_WRITE_ERROR")
    assert visit.go().status == 200


@scenario("Inway-Port-1")
def test_inway_port_1(visit: Visit, provider: Participant) -> None:
    """The Inway answers on port 8443."""
    assert provider.inway_address.endswith(":8443")
    assert visit.go().status == 200
