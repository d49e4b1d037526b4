"""The record of a transaction, made of the claims of its access token (FSC Logging 3.1.1, 3.3.1.2, 3.4.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from wegennet.fsc.api.logging import (
    DelegatedDestination,
    DelegatedSource,
    Destination,
    Direction,
    Source,
    WrittenRecord,
)
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.transactions import new_transaction_id

if TYPE_CHECKING:
    from wegennet.fsc.core.tokens import AccessToken

__all__ = ["Direction", "record"]


def record(token: AccessToken, transaction_id: str, direction: Direction, *, now: float) -> WrittenRecord:
    """What is logged of one request; with an id of its own, so that writing it twice makes one record.

    Args:
        token: the claims; the connecting peer is the source, also when it acts for another.
        transaction_id: of the request, the same at both ends.
        direction: incoming at an Inway, outgoing at an Outway.
        now: Unix seconds.

    Raises:
        FscError: TRANSACTION_LOG_WRITE_ERROR; the token says something that no record can hold, such as a malformed id.
    """
    try:
        return WrittenRecord(
            record_id=new_transaction_id(),
            transaction_id=transaction_id,
            direction=direction,
            grant_hash=token.grant_hash,
            source=_source(token),
            destination=_destination(token),
            service_name=token.service,
            created_at=int(now),
        )
    except ValidationError as error:
        raise FscError(
            ErrorCode.TRANSACTION_LOG_WRITE_ERROR, "The transaction cannot be logged: the access token is malformed."
        ) from error


def _source(token: AccessToken) -> Source | DelegatedSource:
    if delegator := token.connection_delegator:
        return DelegatedSource(outway_peer_id=token.outway_peer_id, delegator_peer_id=delegator)
    return Source(outway_peer_id=token.outway_peer_id)


def _destination(token: AccessToken) -> Destination | DelegatedDestination:
    if delegator := token.publication_delegator:
        return DelegatedDestination(service_peer_id=token.issuer, delegator_peer_id=delegator)
    return Destination(service_peer_id=token.issuer)
