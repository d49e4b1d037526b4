from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from support.waiting import eventually
from unit.fsc.manager import made

from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.manager import backoff, errand_runner

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Member, Played
    from integration.fsc.manager.servers import Asked


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again soon."""
    monkeypatch.setattr(backoff, "SHORTEST", 0.1)


@pytest.fixture(scope="module")
def directory(group: Group) -> Manager:
    """The group's directory, which accepts publications."""
    return group.manager(group.directory, auto_sign_grants="servicePublication,delegatedServicePublication")


@pytest.fixture(scope="module")
def provider(group: Group, directory: Manager) -> Manager:
    """A Manager with a service."""
    return group.manager(group.member("Provider"))


@pytest.fixture
def consumer(group: Group) -> Played:
    """A peer that the test plays."""
    return group.played(group.member("Consumer"))


def offer(provider: Manager, consumer: Member) -> str:
    return provider.make(made.connection(consumer=consumer.id, provider=provider.member.id))


def delivered(manager: Manager, content_hash: str) -> bool:
    return all("delivered_at" in each for each in manager.distributions(content_hash))


def test_a_publication_becomes_valid_on_both_sides(group: Group, directory: Manager, provider: Manager) -> None:
    contract = provider.make(made.publication(directory=group.directory.id, provider=provider.member.id))
    provider.sees(contract, "VALID")
    directory.sees(contract, "VALID")


def test_all_peers_of_a_delegated_connection_come_to_agree(group: Group, directory: Manager, provider: Manager) -> None:
    consumer, delegator = (group.manager(group.member(name)) for name in ("Consumer", "Delegator"))
    grant = made.delegated_connection(
        consumer=consumer.member.id, provider=provider.member.id, delegator=delegator.member.id
    )
    contract = consumer.make(grant)
    for other in (provider, delegator):
        eventually(lambda other=other: other.contract(contract))
        other.sign(contract)
    for each in (consumer, provider, delegator):
        each.sees(contract, "VALID")
    delegator.sign(contract, "revoke")
    for each in (consumer, provider, delegator):
        each.sees(contract, "REVOKED")


def test_a_new_contract_is_posted_with_our_accept_and_address(provider: Manager, consumer: Played) -> None:
    listed(provider, consumer)
    contract = offer(provider, consumer.member)
    eventually(lambda: consumer.received("/v1/contracts"))
    [posted] = consumer.received("/v1/contracts")
    assert posted.headers["fsc-manager-address"] == provider.member.address
    assert posted.body["signature"] == provider.contract(contract)["signatures"]["accept"][provider.member.id]["jws"]


def listed(provider: Manager, consumer: Played) -> None:
    """Lets the provider know where the consumer is."""
    announced = consumer.member.write("PUT", f"{provider.member.address}/v1/announce")
    assert announced.status == 200


@pytest.mark.parametrize("kind", ["accept", "reject", "revoke"])
def test_our_signature_is_put_with_the_content(provider: Manager, consumer: Played, kind: str) -> None:
    content = made.contract(made.connection(consumer=consumer.member.id, provider=provider.member.id))
    consumer.member.submit(provider.member, content)
    provider.sign(content_hash(content), kind)
    [put] = eventually(lambda: consumer.received(f"/{content_hash(content)}/{kind}"))
    assert put.body["content"] == content.as_json()


def test_a_peer_that_we_never_met_is_found_in_the_directory(
    group: Group, directory: Manager, provider: Manager, consumer: Played
) -> None:
    consumer.member.write("PUT", f"{group.directory.address}/v1/announce")
    contract = offer(provider, consumer.member)
    eventually(lambda: delivered(provider, contract))


def test_what_a_peer_refuses_is_tried_again_until_it_takes_it(provider: Manager, consumer: Played) -> None:
    listed(provider, consumer)
    consumer.refuse = 422
    contract = offer(provider, consumer.member)
    eventually(lambda: len(consumer.received()) >= 3)
    assert "Not now." in provider.distributions(contract)[0]["last_error"]
    consumer.refuse = None
    eventually(lambda: delivered(provider, contract))
    assert "last_error" not in provider.distributions(contract)[0]


def test_a_peer_that_was_away_gets_everything_when_it_announces_itself(
    provider: Manager, consumer: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "SHORTEST", 200.0)
    listed(provider, consumer)
    consumer.server.stop()
    contracts = [offer(provider, consumer.member) for _ in range(3)]
    eventually(lambda: all("last_error" in provider.distributions(one)[0] for one in contracts[:1]))
    consumer.server.start()
    listed(provider, consumer)
    eventually(lambda: all(delivered(provider, one) for one in contracts))


def test_a_peer_that_moved_is_found_where_the_directory_lists_it(
    group: Group, directory: Manager, provider: Manager, consumer: Played
) -> None:
    consumer.member.write(
        "PUT", f"{provider.member.address}/v1/announce", address=f"https://{group.network.address(250, 1)}:8443"
    )
    consumer.member.write("PUT", f"{group.directory.address}/v1/announce")
    contract = offer(provider, consumer.member)
    eventually(lambda: delivered(provider, contract))
    known = provider.administer("GET", f"/peers?peer_id={consumer.member.id}").json["peers"]
    assert [peer["manager_address"] for peer in known] == [consumer.member.address]


def test_nothing_is_handed_to_another_peer_at_the_address(group: Group, provider: Manager, consumer: Played) -> None:
    absent = group.member("Absent")
    absent.write("PUT", f"{provider.member.address}/v1/announce", address=consumer.member.address)
    contract = offer(provider, absent)
    eventually(lambda: "is of peer" in provider.distributions(contract)[0].get("last_error", ""))
    assert consumer.received() == []


def test_a_lost_answer_makes_the_push_come_again_and_do_no_harm(
    group: Group, directory: Manager, provider: Manager, consumer: Played
) -> None:
    """The consumer takes the contract, and its answer gets lost; a second time it answers."""
    listed(provider, consumer)
    lost = threading.Event()

    def lose(asked: Asked) -> None:
        if asked.method == "POST" and not lost.is_set():
            lost.set()
            raise ConnectionResetError

    consumer.hook = lose
    contract = offer(provider, consumer.member)
    eventually(lambda: delivered(provider, contract))
    assert lost.is_set()


def test_a_retry_by_hand_pushes_again(provider: Manager, consumer: Played) -> None:
    listed(provider, consumer)
    contract = offer(provider, consumer.member)
    eventually(lambda: delivered(provider, contract))
    action = "DISTRIBUTION_ACTION_SUBMIT_CONTRACT"
    path = f"/contracts/{contract}/distributions/{consumer.member.id}/{action}/retry"
    assert provider.administer("POST", path).status == 200
    eventually(lambda: len(consumer.received()) == 2)


def test_a_retry_of_what_never_was_is_refused(provider: Manager, consumer: Played) -> None:
    contract = offer(provider, consumer.member)
    action = "DISTRIBUTION_ACTION_SUBMIT_REVOKE_SIGNATURE"
    path = f"/contracts/{contract}/distributions/{consumer.member.id}/{action}/retry"
    assert provider.administer("POST", path).status == 404


def test_a_peer_that_hangs_does_not_hold_up_the_others(provider: Manager, group: Group, consumer: Played) -> None:
    slow = group.played(group.member("Slow"))
    slow.hook = lambda _: time.sleep(2.0)
    for each in (slow, consumer):
        listed(provider, each)
    for _ in range(10):
        offer(provider, slow.member)
    contract = offer(provider, consumer.member)
    began = time.monotonic()
    eventually(lambda: delivered(provider, contract))
    assert time.monotonic() - began < 2.0


def test_two_replicas_push_everything_and_nothing_twice_at_a_time(
    group: Group, provider: Manager, consumer: Played
) -> None:
    listed(provider, consumer)
    host = group.network.address(provider.member.number, 5)
    replica = group.manager(
        provider.member,
        storage_postgres_dsn=provider.settings.dsn,
        listen_address_external=f"{host}:8443",
        listen_address_internal=f"{host}:9443",
        listen_address_internal_unauthenticated=f"{host}:9444",
    )
    under_way: dict[str, int] = {}
    most: list[int] = []

    def slowly(asked: Asked) -> None:
        if asked.method == "GET":
            return
        jws = asked.body["signature"]
        under_way[jws] = under_way.get(jws, 0) + 1
        most.append(under_way[jws])
        time.sleep(0.02)
        under_way[jws] -= 1

    consumer.hook = slowly
    grant = made.connection(consumer=consumer.member.id, provider=provider.member.id)
    contracts = [manager.make(grant) for _ in range(15) for manager in (provider, replica)]
    eventually(lambda: all(delivered(provider, contract) for contract in contracts), within=40)
    replica.stop()
    assert max(most) == 1
    assert len(consumer.received("/v1/contracts")) == len(contracts)


def test_what_a_killed_replica_had_begun_is_done_by_another(
    group: Group, provider: Manager, consumer: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errand_runner, "LEASE_SECONDS", 0.5)
    listed(provider, consumer)
    first = threading.Event()

    def hang_once(asked: Asked) -> None:
        if asked.method == "POST" and not first.is_set():
            first.set()
            time.sleep(3.0)

    consumer.hook = hang_once
    contract = offer(provider, consumer.member)
    eventually(lambda: delivered(provider, contract), within=2.5)


def test_an_end_in_good_order_gives_back_what_was_under_way(group: Group, provider: Manager, consumer: Played) -> None:
    other = group.manager(group.member("Restarted"))
    listed(other, consumer)
    consumer.hook = lambda asked: time.sleep(3.0 if asked.method == "POST" else 0.0)
    contract = offer(other, consumer.member)
    eventually(lambda: other.distributions(contract)[0]["attempts"] == 1)
    other.stop()
    consumer.hook = lambda _: None
    other.start()
    eventually(lambda: delivered(other, contract), within=5)
