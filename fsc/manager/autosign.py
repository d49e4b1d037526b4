"""Which contracts a Manager accepts by itself, by the types of their grants (AUTO_SIGN_GRANTS)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from wegennet.fsc.core.contract import (
    DelegatedService,
    DelegatedServiceConnection,
    DelegatedServicePublication,
    GrantType,
    ServiceConnection,
    ServicePublication,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from wegennet.fsc.core.contract import Content, GrantData, Service


class AutoSign(StrEnum):
    """Values of AUTO_SIGN_GRANTS."""

    SERVICE_PUBLICATION = "servicePublication"
    DELEGATED_SERVICE_PUBLICATION = "delegatedServicePublication"
    SERVICE_CONNECTION = "serviceConnection"
    DELEGATED_SERVICE_CONNECTION = "delegatedServiceConnection"


MOST_PEERS: Final = 16
"""Peers on a contract that is accepted by rule; more is for a person to decide."""

_NAME: Final = {
    GrantType.SERVICE_PUBLICATION: AutoSign.SERVICE_PUBLICATION,
    GrantType.DELEGATED_SERVICE_PUBLICATION: AutoSign.DELEGATED_SERVICE_PUBLICATION,
    GrantType.SERVICE_CONNECTION: AutoSign.SERVICE_CONNECTION,
    GrantType.DELEGATED_SERVICE_CONNECTION: AutoSign.DELEGATED_SERVICE_CONNECTION,
}


def covers(allowed: Collection[AutoSign], content: Content, own_id: str) -> bool:
    """Whether every grant is of an allowed type, and our part in each is only to list or to provide the service.

    What we would ask of others (to connect, to publish, to act for us) is never accepted by a rule, and neither is a
    contract that would make us keep telling many peers of it.
    """
    if len(content.peers()) > MOST_PEERS:
        return False
    return all(_NAME[grant.data.type] in allowed and _only_gives(grant.data, own_id) for grant in content.grants)


def _only_gives(grant: GrantData, own_id: str) -> bool:
    """Whether we are the directory of a publication or the provider of a connection, and nothing else in it."""
    giver, *takers = _roles(grant)
    return giver == own_id and own_id not in takers


def _roles(grant: GrantData) -> tuple[str, ...]:
    """Ids of the peers in a grant: first the one that gives, then those that get or delegate."""
    match grant:
        case ServicePublication():
            return grant.directory.peer_id, grant.service.peer_id
        case DelegatedServicePublication():
            return grant.directory.peer_id, grant.service.peer_id, grant.delegator.peer_id
        case ServiceConnection():
            return grant.service.peer_id, grant.outway.peer_id, *_publisher(grant.service)
        case DelegatedServiceConnection():
            return grant.service.peer_id, grant.outway.peer_id, grant.delegator.peer_id, *_publisher(grant.service)


def _publisher(service: Service | DelegatedService) -> tuple[str, ...]:
    return (service.delegator.peer_id,) if isinstance(service, DelegatedService) else ()
