"""Three peers, and messages between them that get lost, come twice, and overtake each other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from unit.fsc.manager import made

from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.core.state import ContractState
from wegennet.fsc.manager.distribution import SUBMITTED
from wegennet.fsc.manager.intake import AutoAccept, Intake, Submission
from wegennet.fsc.manager.metrics import ManagerMetrics
from wegennet.fsc.manager.negotiation import Negotiation
from wegennet.fsc.manager.signing import Signing
from wegennet.fsc.manager.store import certificates, contracts, errands
from wegennet.fsc.storage.database import Database

if TYPE_CHECKING:
    from support.postgres import Postgres

    from wegennet.fsc.core.contract import Content

PEERS = (made.CONSUMER, made.PROVIDER, made.DELEGATOR)
FORGET = "DELETE FROM errands; DELETE FROM signatures; DELETE FROM grants; DELETE FROM parties; DELETE FROM contracts"


@dataclass
class Keys:
    """The key pair of a peer, where a Manager would follow files."""

    contract: Any


class Published:
    """The certificates of all peers, where a Manager would fetch them."""

    def __init__(self, signers: list[made.Signer]) -> None:
        self._chains = {signer.keypair.thumbprint: signer.keypair.chain for signer in signers}

    async def chain(self, thumbprint: str, *_: Any) -> Any:
        return self._chains[thumbprint]


@dataclass
class Node:
    """A peer with a database: what it sends is in its errands."""

    signer: made.Signer
    database: Database
    intake: Intake
    negotiation: Negotiation
    sent: list[tuple[str, Submission]] = field(default_factory=list)

    @classmethod
    def of(cls, signer: made.Signer, dsn: str, published: Published) -> Node:
        database, signing = Database(dsn), Signing(signer.peer.id, Keys(signer.keypair))  # type: ignore[arg-type]
        intake = Intake(
            database,
            group_id=made.GROUP,
            signers=published,  # type: ignore[arg-type]
            signing=signing,
            auto_accept=AutoAccept(),
            metrics=ManagerMetrics(CollectorRegistry()),
            wake=lambda: None,
        )
        return cls(signer, database, intake, Negotiation(database, made.GROUP, signing, lambda: None))

    async def open(self) -> None:
        await self.database.open()
        async with self.database.transaction() as connection:
            await certificates.put(connection, self.signer.peer.id, self.signer.keypair.chain)

    async def sign(self, content_hash: str, kind: str) -> None:
        """Signs, unless the contract isn't known or has ended; the messages that follow are in `sent`."""
        try:
            await self.negotiation.sign(content_hash, SignatureType(kind), "test")
        except FscError:
            return
        await self.collect(content_hash)

    async def collect(self, content_hash: str) -> None:
        """Takes the errands as messages that are under way."""
        async with self.database.transaction() as connection:
            contract = await contracts.get(connection, content_hash)
            waiting = [each for each in await errands.progress(connection, content_hash) if each.action in SUBMITTED]
        assert contract is not None
        self.sent = []
        for each in waiting:
            signature = contract.signature(self.signer.peer.id, SUBMITTED[each.action])
            assert signature is not None
            address = "https://127.0.0.1:8443"
            message = Submission(self.signer.peer, address, contract.content, signature.jws, signature.type)
            self.sent.append((each.peer_id, message))

    async def state(self, content_hash: str) -> tuple[Any, ...]:
        async with self.database.transaction() as connection:
            contract = await contracts.get(connection, content_hash)
        assert contract is not None
        signatures = sorted((one.peer_id, one.type, one.jws) for one in contract.signatures)
        return contract.state(contract.content.created_at + 120), signatures


@dataclass(frozen=True)
class Step:
    """Peer `peer` signs, or message `message` of it arrives (it stays under way: it may arrive again)."""

    peer: int
    kind: str
    message: int


STEPS = st.lists(
    st.builds(
        Step,
        peer=st.integers(0, 2),
        kind=st.sampled_from(["accept"] * 3 + ["deliver"] * 8 + ["reject", "revoke"]),
        message=st.integers(0, 7),
    ),
    max_size=20,
)


def test_all_peers_come_to_agree_whatever_happens_to_messages(postgres: Postgres) -> None:
    @settings(max_examples=60, deadline=None)
    @given(STEPS, st.randoms(use_true_random=False))
    def agree(steps: list[Step], random: Any) -> None:
        states = runner.run(live(nodes, steps, random))
        assert states[0] == states[1] == states[2]

    nodes = _nodes(postgres)
    with asyncio.Runner() as runner:
        for node in nodes:
            runner.run(node.open())
        try:
            agree()
        finally:
            for node in nodes:
                runner.run(node.database.close())


def test_a_contract_that_all_accept_becomes_valid_for_all(postgres: Postgres) -> None:
    async def test() -> list[Any]:
        nodes = _nodes(postgres)
        for node in nodes:
            await node.open()
        steps = [Step(0, "deliver", 0), Step(0, "deliver", 1), Step(1, "accept", 0), Step(2, "accept", 0)]
        states = await live(nodes, steps, None)
        for node in nodes:
            await node.database.close()
        return [state for state, _ in states]

    assert asyncio.run(test()) == [ContractState.VALID] * 3


def _nodes(postgres: Postgres) -> list[Node]:
    signers = [made.Signer.of(peer_id) for peer_id in PEERS]
    published = Published(signers)
    return [Node.of(signer, postgres.fresh_database("wegennet.fsc.manager"), published) for signer in signers]


async def live(nodes: list[Node], steps: list[Step], random: Any) -> list[tuple[Any, ...]]:
    """One contract's life; at last every message arrives, as errands see to, in any order."""
    content: Content = made.contract(made.delegated_connection())
    content_hash = await nodes[0].negotiation.make(content, "test")
    await nodes[0].collect(content_hash)
    for step in steps:
        node = nodes[step.peer]
        if step.kind != "deliver":
            await node.sign(content_hash, step.kind)
        elif step.message < len(node.sent):
            await _deliver(nodes, *node.sent[step.message])
    left = [message for node in nodes for message in node.sent]
    if random is not None:
        random.shuffle(left)
    for message in left:
        await _deliver(nodes, *message)
    states = [await node.state(content_hash) for node in nodes]
    for node in nodes:
        node.sent = []
        async with node.database.transaction() as connection:
            await connection.execute(FORGET)
    return states


async def _deliver(nodes: list[Node], peer_id: str, message: Submission) -> None:
    [node] = [node for node in nodes if node.signer.peer.id == peer_id]
    await node.intake.submitted(message)
