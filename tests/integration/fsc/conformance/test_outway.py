"""The scenarios of outway.md: a client of a peer of the group uses its Outway."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support.fsc import contracts
from support.fsc.agreed import between, connection
from support.fsc.conformance import scenario
from support.fsc.mailbox import Mailbox
from support.waiting import eventually

from wegennet.fsc.trial.layout import Component
from wegennet.fsc.trial.pki import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.fsc.backend import Backend, Received
    from support.fsc.client import Answer
    from support.fsc.participant import Participant

    from wegennet.fsc.trial.group import Group
    from wegennet.fsc.trial.pki import Authority


@dataclass(frozen=True)
class Line:
    """A Service that the consumer may use, by a grant."""

    consumer: Participant
    grant_hash: str

    def call(self, path: str) -> Answer:
        """Asks the Service something, by way of the Outway."""
        return self.consumer.outway.call("GET", path, headers={"Fsc-Grant-Hash": self.grant_hash})


def _line(consumer: Participant, others: list[Participant], grant: dict[str, Any]) -> Line:
    """A valid contract that the Outway knows: before, it has no token to ask for."""
    made = between(consumer, others, contracts.content(grant))
    line = Line(consumer, made.grant_hash)
    eventually(lambda: line.call("/known").code != "ERROR_CODE_UNKNOWN_GRANT_HASH_IN_HEADER")
    return line


@pytest.fixture(scope="module")
def line(consumer: Participant, provider: Participant, backend: Backend) -> Line:
    """A Service of the provider that the consumer may use."""
    grant = connection(consumer, provider, contracts.new_name())
    provider.offer(grant["service"]["name"], backend.url)
    return _line(consumer, [provider], grant)


@pytest.fixture
def inway(group: Group, authority: Authority, provider: Participant, tmp_path: Path) -> Iterator[Mailbox]:
    """A second Inway of the provider, which keeps what comes in and passes nothing on."""
    address = group.network.address(238, 1)
    pair = authority.issue(Subject("second inway", provider.id, provider.name, (address,)))
    with Mailbox(address, group.files.trust_anchor, pair.store(tmp_path, "inway"), pair) as mailbox:
        yield mailbox


@pytest.fixture
def path() -> str:
    """A path that nobody else asks for."""
    return f"/{uuid.uuid4()}?a=1&b=%2F"


def _refused(answer: Answer, status: int) -> None:
    assert answer.status == status
    assert answer.code is not None
    assert answer.json["domain"] == "ERROR_DOMAIN_OUTWAY"


def _record(line: Line, transaction: str) -> dict[str, Any]:
    """The Outway's record of a request."""
    records = line.consumer.records(transaction_ids=transaction)
    assert [record["direction"] for record in records] == ["DIRECTION_OUTGOING"]
    return records[0]


@scenario("Outway-IncomingRequest-1")
def test_outway_incomingrequest_1(line: Line, path: str, backend: Backend) -> None:
    """A request by a valid contract reaches the Service, and its answer comes back."""
    answer = line.call(path)
    assert (answer.status, answer.json["path"]) == (200, path)
    assert len(backend.asked(path)) == 1


@scenario("Outway-IncomingRequest-2")
def test_outway_incomingrequest_2(consumer: Participant, provider: Participant, path: str, backend: Backend) -> None:
    """A request by a contract that the provider has not accepted is refused by the Outway."""
    grant = connection(consumer, provider, contracts.new_name())
    provider.offer(grant["service"]["name"], backend.url)
    made = consumer.propose(contracts.content(grant))
    answer = Line(consumer, made["grant_hashes"][0]).call(path)
    _refused(answer, 400)
    assert answer.code == "ERROR_CODE_UNKNOWN_GRANT_HASH_IN_HEADER"
    assert not backend.asked(path)


@scenario("Outway-IncomingRequest-3")
def test_outway_incomingrequest_3(consumer: Participant, third: Participant, path: str, backend: Backend) -> None:
    """A request whose Inway is down is answered with an error by the Outway."""
    grant = connection(consumer, third, contracts.new_name())
    third.offer(grant["service"]["name"], backend.url)
    line = _line(consumer, [third], grant)
    assert line.call(path).status == 200
    with third.without(Component.INWAY):
        _refused(line.call(path), 502)
    assert len(backend.asked(path)) == 1


@scenario("Outway-TransactionLog-1")
def test_outway_transactionlog_1(line: Line, path: str, backend: Backend) -> None:
    """The record of a request is there before anything beyond the Outway sees the request."""
    at_that_moment: list[dict[str, Any]] = []

    def look(request: Received) -> None:
        at_that_moment.append(_record(line, request.headers["Fsc-Transaction-Id"]))

    with backend.looking(look):
        assert line.call(path).status == 200
    assert [record["grant_hash"] for record in at_that_moment] == [line.grant_hash]


@scenario("Outway-TransactionLog-2")
def test_outway_transactionlog_2(
    consumer: Participant, provider: Participant, inway: Mailbox, path: str, backend: Backend
) -> None:
    """The request to the Inway has the transaction ID of the Outway's record, and so has the answer to the client."""
    grant = connection(consumer, provider, contracts.new_name())
    provider.offer(grant["service"]["name"], backend.url, inway_address=inway.url)
    line = _line(consumer, [provider], grant)
    answer = line.call(path)
    sent = [headers["Fsc-Transaction-Id"] for asked, headers in inway.inbox.reads if asked == path]
    assert sent == [answer.headers["Fsc-Transaction-Id"]]
    assert uuid.UUID(sent[0]).version == 7
    assert _record(line, sent[0])["service_name"] == grant["service"]["name"]


@scenario("Outway-TransactionLog-3")
def test_outway_transactionlog_3(
    consumer: Participant, provider: Participant, third: Participant, path: str, backend: Backend
) -> None:
    """The record of a request on behalf of another peer has that peer in its source."""
    grant = contracts.delegated(connection(consumer, provider, contracts.new_name()), third.id)
    provider.offer(grant["service"]["name"], backend.url)
    line = _line(consumer, [provider, third], grant)
    answer = line.call(path)
    assert answer.status == 200
    assert _record(line, answer.headers["Fsc-Transaction-Id"])["source"] == {
        "type": "SOURCE_TYPE_DELEGATED_SOURCE",
        "outway_peer_id": consumer.id,
        "delegator_peer_id": third.id,
    }


@scenario("Outway-TransactionLog-4")
def test_outway_transactionlog_4(
    consumer: Participant, provider: Participant, third: Participant, path: str, backend: Backend
) -> None:
    """The record of a request to a Service offered for another peer has that peer in its destination."""
    grant = connection(consumer, provider, contracts.new_name(), offered_for=third.id)
    provider.offer(grant["service"]["name"], backend.url)
    line = _line(consumer, [provider, third], grant)
    answer = line.call(path)
    assert answer.status == 200
    assert _record(line, answer.headers["Fsc-Transaction-Id"])["destination"] == {
        "type": "DESTINATION_TYPE_DELEGATED_DESTINATION",
        "service_peer_id": provider.id,
        "delegator_peer_id": third.id,
    }


@scenario("Outway-TransactionLog-5")
def test_outway_transactionlog_5(line: Line, consumer: Participant, path: str, backend: Backend) -> None:
    """While the transaction log is down a request is refused and goes nowhere."""
    assert line.call("/before").status == 200
    with consumer.without(Component.TXLOG):
        answer = line.call(path)
    assert (answer.status, answer.code) == (500, "ERROR_CODE_TRANSACTION_LOG_WRITE_ERROR")
    assert answer.json["domain"] == "ERROR_DOMAIN_OUTWAY"
    assert not backend.asked(path)
