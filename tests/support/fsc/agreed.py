"""Contracts that are valid: made, signed by everybody on them, and seen so by the Managers that need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.fsc import contracts
from support.waiting import eventually
from wegennet.fsc.core import hashes
from wegennet.fsc.core.contract import parse_content
from wegennet.fsc.trial.layout import Component

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant


@dataclass(frozen=True)
class Agreed:
    """A contract; `grant_hash` is of its first grant."""

    content: dict[str, Any]
    content_hash: str
    grant_hash: str


def agreed(content: dict[str, Any]) -> Agreed:
    """A content with its hashes."""
    parsed = parse_content(content)
    return Agreed(content, hashes.content_hash(parsed), hashes.grant_hashes(parsed)[0])


def with_outsider(
    outsider: Outsider, provider: Participant, content: dict[str, Any], others: Sequence[Outsider] = ()
) -> Agreed:
    """The outsider and others of the tests' own sign a contract at the provider's Manager, and so does the provider."""
    made = agreed(content)
    answer = outsider.submit(provider.manager_address, content)
    assert answer.status == 201, answer.body
    for other in others:
        answer = other.place(provider.manager_address, content)
        assert answer.status == 201, answer.body
    provider.sign(made.content_hash)
    provider.comes_to(made.content_hash)
    return made


def connected(outsider: Outsider, provider: Participant, name: str) -> Agreed:
    """The outsider's Outway may connect to a Service of the provider."""
    grant = contracts.connection(outsider.id, outsider.outway_thumbprint, provider.id, name)
    return with_outsider(outsider, provider, contracts.content(grant))


def connection(consumer: Participant, provider: Participant, name: str, **options: Any) -> dict[str, Any]:
    """A connection grant between peers of the group."""
    return contracts.connection(consumer.id, consumer.thumbprint(Component.OUTWAY), provider.id, name, **options)


def between(proposer: Participant, others: Sequence[Participant], content: dict[str, Any]) -> Agreed:
    """Peers of the group sign a contract: one proposes it, the others accept; all see that it is valid."""
    made = agreed(content)
    assert proposer.propose(content)["content_hash"] == made.content_hash
    for other in others:
        eventually(lambda other=other: other.state(made.content_hash))  # type: ignore[misc]
        other.sign(made.content_hash)
    for peer in (proposer, *others):
        peer.comes_to(made.content_hash)
    return made


def published(
    provider: Participant, directory: Participant, grant: dict[str, Any], others: Sequence[Participant] = ()
) -> Agreed:
    """A peer of the group publishes a Service; the directory signs by itself."""
    content = contracts.content(grant)
    made = agreed(content)
    provider.propose(content)
    for other in others:
        eventually(lambda other=other: other.state(made.content_hash))  # type: ignore[misc]
        other.sign(made.content_hash)
    for peer in (provider, directory, *others):
        peer.comes_to(made.content_hash)
    return made
