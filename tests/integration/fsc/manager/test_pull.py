from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.waiting import eventually, stays
from unit.fsc.manager import made

from wegennet.fsc.core.hashes import content_hash, grant_hashes
from wegennet.fsc.manager import backoff, pull, signing

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Played

    from wegennet.fsc.core.contract import Content


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are asked soon, and soon again."""
    monkeypatch.setattr(backoff, "SHORTEST", 0.05)
    monkeypatch.setattr(signing, "PULL_AFTER", 0.1)
    monkeypatch.setattr(pull, "VALID_SECONDS", 0.2)


@pytest.fixture(scope="module")
def consumer(group: Group) -> Manager:
    """The Manager that waits for an accept."""
    return group.manager(group.member("Consumer"))


@pytest.fixture
def provider(group: Group, consumer: Manager) -> Played:
    """The other side, whose pushes never come."""
    played = group.played(group.member("Provider"))
    played.member.write("PUT", f"{consumer.member.address}/v1/announce")
    return played


def offered(consumer: Manager, provider: Played) -> Content:
    """A contract of the consumer, which the provider has got."""
    consumer.make(made.connection(consumer=consumer.member.id, provider=provider.member.id))
    [posted] = eventually(lambda: provider.received("/v1/contracts"))
    return made.contract_of(posted.body["content"])


def show(provider: Played, content: Content, **signatures: dict[str, str]) -> None:
    """Lets the provider show a contract with these signatures."""
    whole: dict[str, Any] = {"accept": {}, "reject": {}, "revoke": {}, **signatures}
    provider.contracts = [{"content": content.as_json(), "signatures": whole}]


def test_an_accept_whose_push_was_lost_is_found(consumer: Manager, provider: Played) -> None:
    content = offered(consumer, provider)
    eventually(lambda: "/v1/contracts" in [each.path for each in provider.server.asked if each.method == "GET"])
    show(provider, content, accept={provider.member.id: provider.member.sign(content)})
    consumer.sees(content_hash(content), "VALID")


def test_the_other_side_is_asked_for_the_contract_by_a_grant_hash(consumer: Manager, provider: Played) -> None:
    content = offered(consumer, provider)
    asked = eventually(lambda: [each for each in provider.server.asked if each.path == "/v1/contracts" and each.query])
    assert asked[0].query == f"grant_hash={grant_hashes(content)[0].replace('$', '%24')}"


def test_a_revoke_whose_push_was_lost_is_found_while_the_contract_is_valid(consumer: Manager, provider: Played) -> None:
    content = offered(consumer, provider)
    provider.member.put(consumer.member, "accept", content)
    consumer.sees(content_hash(content), "VALID")
    show(provider, content, revoke={provider.member.id: provider.member.sign(content, "revoke")})
    consumer.sees(content_hash(content), "REVOKED")


def test_what_is_found_is_verified_as_if_it_had_been_pushed(consumer: Manager, provider: Played) -> None:
    content = offered(consumer, provider)
    forged = provider.member.sign(made.contract(made.connection(provider=provider.member.id)))
    show(provider, content, accept={provider.member.id: forged})
    stays(lambda: consumer.state(content_hash(content)) == "PROPOSED", during=0.5)


def test_signatures_of_peers_that_are_not_on_the_contract_are_passed_over(
    group: Group, consumer: Manager, provider: Played
) -> None:
    content = offered(consumer, provider)
    stranger = group.played(group.member("Stranger"))
    show(provider, content, revoke={stranger.member.id: stranger.member.sign(content, "revoke")})
    stays(lambda: consumer.state(content_hash(content)) == "PROPOSED", during=0.5)


def test_our_own_signature_is_not_taken_from_others(group: Group, consumer: Manager, provider: Played) -> None:
    content = offered(consumer, provider)
    show(provider, content, revoke={consumer.member.id: consumer.member.sign(content, "revoke")})
    stays(lambda: consumer.state(content_hash(content)) == "PROPOSED", during=0.5)


def test_signatures_on_another_content_are_passed_over(consumer: Manager, provider: Played) -> None:
    content = offered(consumer, provider)
    show(provider, content, revoke={provider.member.id: provider.member.sign(content, "revoke")})
    provider.contracts[0]["content"]["created_at"] -= 1
    stays(lambda: consumer.state(content_hash(content)) == "PROPOSED", during=0.5)


def test_a_third_peers_accept_is_found_at_the_second(group: Group, consumer: Manager, provider: Played) -> None:
    delegator = group.played(group.member("Delegator"))
    delegator.member.write("PUT", f"{consumer.member.address}/v1/announce")
    ids = {"consumer": consumer.member.id, "provider": provider.member.id, "delegator": delegator.member.id}
    consumer.make(made.delegated_connection(**ids))
    [posted] = eventually(lambda: provider.received("/v1/contracts"))
    content = made.contract_of(posted.body["content"])
    accepts = {each.member.id: each.member.sign(content) for each in (provider, delegator)}
    show(provider, content, accept=accepts)
    consumer.sees(content_hash(content), "VALID")


def test_nobody_is_asked_about_a_contract_that_has_ended(consumer: Manager, provider: Played) -> None:
    content = offered(consumer, provider)
    provider.member.put(consumer.member, "reject", content)
    consumer.sees(content_hash(content), "REJECTED")
    eventually(lambda: _quiet(provider))


def _quiet(provider: Played) -> bool:
    before = len(provider.server.asked)
    stays(lambda: len(provider.server.asked) == before, during=0.5)
    return True
