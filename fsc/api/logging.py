"""Records of the transaction log: the external API of a Manager, and the API of the log itself (FSC Logging 3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, StringConstraints

from wegennet.fsc.api.common import CommaSeparated, Message, Page, Pagination
from wegennet.fsc.core.contract import OrAbsent, PeerId, Timestamp, Uuid

TRANSACTION_ID_HEADER = "Fsc-Transaction-Id"

GrantHash: TypeAlias = Annotated[str, StringConstraints(max_length=1024)]
ServiceName: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Direction(StrEnum):
    """Whether a request was sent (by an Outway) or received (by an Inway)."""

    INCOMING = "DIRECTION_INCOMING"
    OUTGOING = "DIRECTION_OUTGOING"


class SourceType(StrEnum):
    """Whether a request was made on behalf of another peer."""

    SOURCE = "SOURCE_TYPE_SOURCE"
    DELEGATED_SOURCE = "SOURCE_TYPE_DELEGATED_SOURCE"


class DestinationType(StrEnum):
    """Whether the Service is offered on behalf of another peer."""

    DESTINATION = "DESTINATION_TYPE_DESTINATION"
    DELEGATED_DESTINATION = "DESTINATION_TYPE_DELEGATED_DESTINATION"


class Source(Message):
    """The peer that makes a request."""

    type: Literal[SourceType.SOURCE] = SourceType.SOURCE
    outway_peer_id: PeerId


class DelegatedSource(Message):
    """The peer that makes a request, and the one on whose behalf."""

    type: Literal[SourceType.DELEGATED_SOURCE] = SourceType.DELEGATED_SOURCE
    outway_peer_id: PeerId
    delegator_peer_id: PeerId


class Destination(Message):
    """The peer that offers the Service."""

    type: Literal[DestinationType.DESTINATION] = DestinationType.DESTINATION
    service_peer_id: PeerId


class DelegatedDestination(Message):
    """The peer that offers the Service, and the one on whose behalf."""

    type: Literal[DestinationType.DELEGATED_DESTINATION] = DestinationType.DELEGATED_DESTINATION
    service_peer_id: PeerId
    delegator_peer_id: PeerId


class LogRecord(Message):
    """One request to a Service, as one of its peers saw it (FSC Logging 3.1)."""

    transaction_id: Uuid
    direction: Direction
    grant_hash: GrantHash
    source: Annotated[Source | DelegatedSource, Field(discriminator="type")]
    destination: Annotated[Destination | DelegatedDestination, Field(discriminator="type")]
    service_name: ServiceName
    additional_data: OrAbsent[dict[str, Any]] = None
    created_at: Timestamp


class WrittenRecord(LogRecord):
    """A record as Inway and Outway write it: with an id of their own, so that writing it twice makes one."""

    record_id: Uuid


class WriteRecords(Message):
    """Body of `POST /logs` of the transaction log; answered with 201 once all are committed."""

    records: Annotated[list[WrittenRecord], Field(min_length=1, max_length=1000)]


class LogsQuery(Page):
    """Parameters of `GET /logs`; times are Unix seconds. With `transaction_ids` the others are ignored."""

    after: Timestamp | None = None
    before: Timestamp | None = None
    grant_hash: CommaSeparated = Field(default_factory=list)
    service_name: CommaSeparated = Field(default_factory=list)
    transaction_ids: CommaSeparated = Field(default_factory=list)


class PeerLogsQuery(LogsQuery):
    """Parameters of `GET /logs` of the transaction log: `peer_id` keeps the records that involve this peer."""

    peer_id: str | None = None


class LogRecords(Message):
    """Answer of `GET /logs`."""

    records: list[LogRecord]
    pagination: Pagination
