"""The scenarios of integration.md: peers of the group publish, agree, and use Services."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from support.fsc import contracts
from support.fsc.agreed import Agreed, agreed, between, connection, published
from support.fsc.conformance import scenario
from support.waiting import eventually

if TYPE_CHECKING:
    from support.fsc.backend import Backend
    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant


@pytest.fixture
def path() -> str:
    """A path that nobody else asks for."""
    return f"/{uuid.uuid4()}"


def _publication(provider: Participant, directory: Participant, name: str) -> dict[str, Any]:
    return contracts.publication(directory.id, provider.id, name)


@pytest.fixture
def delegated_service(provider: Participant, third: Participant, directory: Participant, backend: Backend) -> str:
    """A Service that the provider publishes on behalf of the third peer."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    published(provider, directory, contracts.delegated(_publication(provider, directory, name), third.id), [third])
    return name


def _call(consumer: Participant, made: Agreed, path: str) -> Answer:
    return consumer.outway.call("GET", path, headers={"Fsc-Grant-Hash": made.grant_hash})


def _succeeds(consumer: Participant, made: Agreed, path: str, backend: Backend) -> None:
    """The Outway learns of a contract within a moment; then the Service answers."""
    eventually(lambda: _call(consumer, made, path).status == 200)
    assert backend.asked(path)


@scenario("Integration-ConsumeService-1")
def test_integration_consumeservice_1(
    consumer: Participant, provider: Participant, directory: Participant, path: str, backend: Backend
) -> None:
    """A peer finds a published Service in the directory, agrees with its provider, and uses it."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    published(provider, directory, _publication(provider, directory, name))
    listed = consumer.internal.get(f"/peers/{provider.id}/services", service_name=name).json["services"]
    assert name in [entry["data"]["name"] for entry in listed]
    made = between(consumer, [provider], contracts.content(connection(consumer, provider, name)))
    _succeeds(consumer, made, path, backend)


@scenario("Integration-ConsumeService-2")
def test_integration_consumeservice_2(
    consumer: Participant, provider: Participant, directory: Participant, path: str, backend: Backend
) -> None:
    """A peer without a contract is refused by its own Outway."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    published(provider, directory, _publication(provider, directory, name))
    never_made = agreed(contracts.content(connection(consumer, provider, name)))
    answer = _call(consumer, never_made, path)
    assert (answer.status, answer.json["domain"]) == (400, "ERROR_DOMAIN_OUTWAY")
    assert not backend.asked(path)


@scenario("Integration-ConsumeServiceAsDelegatee-1")
def test_integration_consumeserviceasdelegatee_1(
    consumer: Participant, provider: Participant, third: Participant, path: str, backend: Backend
) -> None:
    """A peer uses a Service on behalf of another peer."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    grant = contracts.delegated(connection(consumer, provider, name), third.id)
    made = between(consumer, [provider, third], contracts.content(grant))
    _succeeds(consumer, made, path, backend)


@scenario("Integration-ConsumeDelegatedService-1")
def test_integration_consumedelegatedservice_1(
    consumer: Participant, provider: Participant, third: Participant, delegated_service: str, backend: Backend
) -> None:
    """A peer uses a Service that is published on behalf of another peer."""
    grant = connection(consumer, provider, delegated_service, offered_for=third.id)
    made = between(consumer, [provider, third], contracts.content(grant))
    _succeeds(consumer, made, f"/{delegated_service}", backend)


@scenario("Integration-ConsumeDelegatedService-2")
def test_integration_consumedelegatedservice_2(
    peers: list[Participant], outsider: Outsider, delegated_service: str, backend: Backend
) -> None:
    """A peer uses, on behalf of a second peer, a Service that is published on behalf of a third."""
    provider, consumer, third = peers
    plain = connection(consumer, provider, delegated_service, offered_for=third.id)
    content = contracts.content(contracts.delegated(plain, outsider.id))
    made = agreed(content)
    for manager in peers:
        announced = outsider.at(f"{manager.manager_address}/v1")
        announced.put("/announce", Fsc_Manager_Address=outsider.manager_address)
    consumer.propose(content)
    eventually(lambda: content in [received["content"] for received in outsider.inbox.contracts])
    for manager in (provider, third):
        eventually(lambda manager=manager: manager.state(made.content_hash))  # type: ignore[misc]
        manager.sign(made.content_hash)
    for manager in peers:
        assert outsider.place(manager.manager_address, content).status == 201
    for manager in peers:
        manager.comes_to(made.content_hash)
    _succeeds(consumer, made, f"/{delegated_service}", backend)


@scenario("Integration-TransactionLog-1")
def test_integration_transactionlog_1(
    consumer: Participant, provider: Participant, path: str, backend: Backend
) -> None:
    """Both peers have a record of a request, with the same transaction ID."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = between(consumer, [provider], contracts.content(connection(consumer, provider, name)))
    _succeeds(consumer, made, path, backend)
    transaction = _call(consumer, made, path).headers["Fsc-Transaction-Id"]
    directions = [
        record["direction"] for peer in (consumer, provider) for record in peer.records(transaction_ids=transaction)
    ]
    assert directions == ["DIRECTION_OUTGOING", "DIRECTION_INCOMING"]
