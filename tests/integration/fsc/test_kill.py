"""Every process of a group is killed while contracts are signed and requests made: nothing that was said is lost."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import pytest
from support.fsc import contracts
from support.fsc.agreed import between, connection
from support.fsc.backend import Backend
from support.fsc.participant import VALID, Participant
from support.waiting import eventually

from wegennet.fsc.trial.group import Options, running
from wegennet.fsc.trial.progress import Reporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wegennet.fsc.trial.group import Group
    from wegennet.fsc.trial.postgres import Server
    from wegennet.fsc.trial.process import Process

PAUSE = 0.02
"""Seconds between two attempts, which leave the machine time to start what was killed."""

LEAST = 20
"""Requests answered and contracts made meanwhile, without which the test would show little."""


@pytest.fixture(scope="module")
def group() -> Iterator[Group]:
    """A group of its own: its processes are killed."""
    with running(Options(peers=2), Reporter()) as group:
        yield group


@pytest.fixture(scope="module")
def provider(group: Group) -> Participant:
    """Offers the Service."""
    return Participant(group.peers[0], group.files.trust_anchor)


@pytest.fixture(scope="module")
def consumer(group: Group) -> Participant:
    """Uses the Service."""
    return Participant(group.peers[1], group.files.trust_anchor)


class Work(threading.Thread):
    """Does something again and again until it is told to stop; what fails is not counted.

    Args:
        attempt: does it once, and gives what was promised by an answer; None when there was no good answer.
    """

    def __init__(self, attempt: Callable[[], str | None]) -> None:
        super().__init__(daemon=True)
        self._attempt = attempt
        self._over = threading.Event()
        self.promised: list[str] = []
        self.failures = 0

    def run(self) -> None:
        while not self._over.wait(PAUSE):
            try:
                promise = self._attempt()
            except (OSError, ValueError, KeyError):
                promise = None
            if promise is None:
                self.failures += 1
            else:
                self.promised.append(promise)

    def stop(self) -> list[str]:
        """Ends it; gives all that was promised."""
        self._over.set()
        self.join(60)
        return self.promised


def _kill_and_start(victim: Process | Server, group: Group) -> None:
    """Kills at any moment of the work; the next victim's turn comes when all is well again."""
    time.sleep(random.uniform(0, 0.5))  # noqa: S311 - no secret
    victim.child.kill()
    time.sleep(random.uniform(0, 0.2))  # noqa: S311
    victim.start()
    eventually(lambda: all(process.ready() for process in group.processes), within=60)


@pytest.fixture(scope="module")
def after(group: Group, provider: Participant, consumer: Participant) -> Iterator[dict[str, list[str]]]:
    """What was promised while all was killed in turn: transactions answered, contracts made, contracts signed."""
    with Backend(group.network.address(239, 1)) as backend:
        name = contracts.new_name()
        provider.offer(name, backend.url)
        made = between(consumer, [provider], contracts.content(connection(consumer, provider, name)))
        eventually(lambda: _request(consumer, made.grant_hash))
        made_contracts: list[str] = []
        works = {
            "transactions": Work(lambda: _request(consumer, made.grant_hash)),
            "made": Work(lambda: _make(consumer, provider, made_contracts)),
            "signed": Work(lambda: _sign(provider, made_contracts)),
        }
        for work in works.values():
            work.start()
        assert group.postgres
        victims: list[Process | Server] = [*group.processes, group.postgres]
        random.shuffle(victims)
        for victim in victims:
            _kill_and_start(victim, group)
        promised = {name: work.stop() for name, work in works.items()}
    yield promised
    group.must_run()


def _request(consumer: Participant, grant_hash: str) -> str | None:
    """The transaction ID of a request that was answered."""
    answer = consumer.outway.call("GET", "/", headers={"Fsc-Grant-Hash": grant_hash})
    return answer.headers["Fsc-Transaction-Id"] if answer.status == 200 else None


def _make(consumer: Participant, provider: Participant, made: list[str]) -> str | None:
    """The hash of a contract that the consumer's Manager took on."""
    content = contracts.content(connection(consumer, provider, contracts.new_name()))
    answer = consumer.internal.post("/contracts", {"contract_content": contracts.flat(content)})
    if answer.status != 201:
        return None
    made.append(answer.json["content_hash"])
    return made[-1]


def _sign(provider: Participant, made: list[str]) -> str | None:
    """The hash of a contract that the provider's Manager accepted."""
    if not made:
        time.sleep(0.01)
        return None
    content_hash = random.choice(made)  # noqa: S311
    return content_hash if provider.internal.put(f"/contracts/{content_hash}/accept").status == 201 else None


def test_work_went_on(after: dict[str, list[str]]) -> None:
    assert all(len(promised) > LEAST for promised in after.values())


def test_contract_that_was_made_is_known_to_both(
    after: dict[str, list[str]], consumer: Participant, provider: Participant
) -> None:
    made = set(after["made"])
    assert made <= set(consumer.states())
    eventually(lambda: made <= set(provider.states()), within=90, every=1)


def test_contract_that_was_signed_is_valid_at_both(
    after: dict[str, list[str]], consumer: Participant, provider: Participant
) -> None:
    signed = set(after["signed"])
    assert signed <= _valid(provider)
    eventually(lambda: signed <= _valid(consumer), within=90, every=1)


def _valid(peer: Participant) -> set[str]:
    return {content_hash for content_hash, state in peer.states().items() if state == VALID}


def test_request_that_was_answered_has_a_record_at_both(
    after: dict[str, list[str]], consumer: Participant, provider: Participant
) -> None:
    for peer, direction in ((consumer, "DIRECTION_OUTGOING"), (provider, "DIRECTION_INCOMING")):
        logged = {record["transaction_id"] for record in peer.records() if record["direction"] == direction}
        assert set(after["transactions"]) <= logged


def test_request_has_one_record_at_each(after: dict[str, list[str]], consumer: Participant) -> None:
    transactions = [record["transaction_id"] for record in consumer.records()]
    assert len(transactions) == len(set(transactions))
