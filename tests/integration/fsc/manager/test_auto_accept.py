from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.waiting import eventually, stays
from unit.fsc.manager import made

from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.manager import backoff

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Played
    from integration.fsc.manager.servers import Asked, Server

    from wegennet.fsc.core.contract import Content


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is away is asked again soon."""
    monkeypatch.setattr(backoff, "SHORTEST", 0.05)


@pytest.fixture
def consumer(group: Group) -> Played:
    """Who submits."""
    return group.played(group.member("Consumer"))


def by_rule(group: Group, *types: str) -> Manager:
    return group.manager(group.member("Ruled"), auto_sign_grants=",".join(types))


def connection(manager: Manager, consumer: Played) -> Content:
    return made.contract(made.connection(consumer=consumer.member.id, provider=manager.member.id))


# The table of which grants are covered is tested in tests/unit/fsc/manager/test_autosign.py.


def test_a_contract_that_a_rule_covers_is_accepted_at_once(group: Group, consumer: Played) -> None:
    provider = by_rule(group, "serviceConnection")
    content = connection(provider, consumer)
    consumer.member.submit(provider.member, content)
    assert provider.state(content_hash(content)) == "VALID"
    eventually(lambda: consumer.received("/accept"))


def test_a_contract_that_no_rule_covers_waits_for_people(group: Group, consumer: Played) -> None:
    provider = by_rule(group, "servicePublication", "delegatedServicePublication")
    content = connection(provider, consumer)
    consumer.member.submit(provider.member, content)
    stays(lambda: provider.state(content_hash(content)) == "PROPOSED", during=0.3)


def test_a_contract_that_is_first_heard_of_by_an_accept_is_accepted_too(group: Group, consumer: Played) -> None:
    provider = by_rule(group, "serviceConnection")
    content = connection(provider, consumer)
    consumer.member.put(provider.member, "accept", content)
    assert provider.state(content_hash(content)) == "VALID"


def test_a_contract_that_is_first_heard_of_by_its_end_is_not_accepted(group: Group, consumer: Played) -> None:
    provider = by_rule(group, "serviceConnection")
    content = connection(provider, consumer)
    consumer.member.put(provider.member, "revoke", content)
    assert provider.signers(content_hash(content)) == set()


def test_a_contract_that_was_accepted_by_rule_is_not_accepted_twice(group: Group, consumer: Played) -> None:
    provider = by_rule(group, "serviceConnection")
    content = connection(provider, consumer)
    submits = [threading.Thread(target=consumer.member.submit, args=(provider.member, content)) for _ in range(6)]
    for thread in submits:
        thread.start()
    for thread in submits:
        thread.join()
    eventually(lambda: consumer.received("/accept"))
    stays(lambda: len(consumer.received("/accept")) == 1, during=0.3)


class DecisionPoint:
    """A decision point of the provider; `answer` is its status and JSON."""

    def __init__(self, group: Group) -> None:
        self.member = group.member("Asking")
        self.answer: tuple[int, Any] = (200, {"decision": True})
        self.server: Server = group.component(self.member, 4, lambda _: self.answer)
        self.manager = group.manager(self.member, authzen_auto_sign_pdp_address=f"https://{self.server.host}:9443/pdp")


@pytest.fixture
def pdp(group: Group) -> DecisionPoint:
    """A Manager that asks a decision point."""
    return DecisionPoint(group)


def test_a_contract_is_accepted_when_the_decision_point_says_so(pdp: DecisionPoint, consumer: Played) -> None:
    content = connection(pdp.manager, consumer)
    consumer.member.submit(pdp.member, content)
    pdp.manager.sees(content_hash(content), "VALID")
    eventually(lambda: consumer.received("/accept"))


def test_the_question_names_the_peer_and_the_contract(pdp: DecisionPoint, consumer: Played) -> None:
    content = connection(pdp.manager, consumer)
    consumer.member.submit(pdp.member, content)
    [asked] = eventually(lambda: pdp.server.asked)
    assert (asked.method, asked.path) == ("POST", "/pdp/access/v1/evaluation")
    assert asked.body == {
        "subject": {"type": "peer", "id": consumer.member.id},
        "action": {"name": "accept"},
        "resource": {"type": "contract", "id": content_hash(content), "properties": content.as_json()},
    }


def test_a_no_leaves_the_contract_to_people(pdp: DecisionPoint, consumer: Played) -> None:
    pdp.answer = (200, {"decision": False})
    content = connection(pdp.manager, consumer)
    consumer.member.submit(pdp.member, content)
    eventually(lambda: pdp.server.asked)
    stays(lambda: pdp.manager.state(content_hash(content)) == "PROPOSED" and len(pdp.server.asked) == 1, during=0.5)


@pytest.mark.parametrize("answer", [(500, {}), (200, {}), (200, {"decision": "true"}), (200, [])])
def test_a_decision_point_that_gives_no_decision_is_asked_again(
    pdp: DecisionPoint, consumer: Played, answer: tuple[int, Any]
) -> None:
    pdp.answer = answer
    content = connection(pdp.manager, consumer)
    consumer.member.submit(pdp.member, content)
    eventually(lambda: len(pdp.server.asked) >= 2)
    assert pdp.manager.state(content_hash(content)) == "PROPOSED"
    pdp.answer = (200, {"decision": True})
    pdp.manager.sees(content_hash(content), "VALID")


def test_a_decision_point_that_is_away_is_asked_when_it_is_back(pdp: DecisionPoint, consumer: Played) -> None:
    pdp.server.stop()
    content = connection(pdp.manager, consumer)
    consumer.member.submit(pdp.member, content)
    pdp.manager.stop()
    pdp.server.start()
    pdp.manager.start()
    pdp.manager.sees(content_hash(content), "VALID")


def test_a_contract_that_ended_meanwhile_is_not_asked_about(pdp: DecisionPoint, consumer: Played) -> None:
    pdp.server.stop()
    content = connection(pdp.manager, consumer)
    consumer.member.submit(pdp.member, content)
    consumer.member.put(pdp.member, "revoke", content)
    pdp.server.start()
    stays(lambda: not _asked(pdp.server.asked, content), during=0.7)


def _asked(asked: list[Asked], content: Content) -> bool:
    return any(each.body["resource"]["id"] == content_hash(content) for each in asked)
