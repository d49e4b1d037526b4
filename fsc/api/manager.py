"""The external API of a Manager (FSC Core 4.4.3; OpenAPI `FSC Core`, base `/v1`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints

from wegennet.fsc.api.common import CommaSeparated, Message, Page, Pagination
from wegennet.fsc.core.contract import (
    FSC_VERSION,
    Content,
    GrantType,
    OrAbsent,
    PeerId,
    Protocol,
    ServiceName,
    ServiceType,
)

LOGGING_VERSION: Final = "1.1.0"
DELEGATION_VERSION: Final = "1.0.0"

MANAGER_ADDRESS_HEADER: Final = "Fsc-Manager-Address"
ERROR_CODE_HEADER: Final = "Fsc-Error-Code"

# Others may be of another version; what we answer is of these.
_FscVersion: TypeAlias = Annotated[str, Field(json_schema_extra={"enum": [FSC_VERSION]})]
_LoggingVersion: TypeAlias = Annotated[str, Field(json_schema_extra={"enum": [LOGGING_VERSION]})]
_DelegationVersion: TypeAlias = Annotated[str, Field(json_schema_extra={"enum": [DELEGATION_VERSION]})]
_ManagerAddress: TypeAlias = Annotated[str, StringConstraints(min_length=3, max_length=255)]


class SignedContent(Message):
    """Body of `POST /contracts` and of `PUT /contracts/{hash}/accept|reject|revoke`."""

    content: Content
    signature: str


class Signatures(Message):
    """Compact JWS by peer id, for each type of signature."""

    accept: dict[str, str] = Field(default_factory=dict)
    reject: dict[str, str] = Field(default_factory=dict)
    revoke: dict[str, str] = Field(default_factory=dict)


class Contract(Message):
    """A contract with its signatures."""

    content: Content
    signatures: Signatures


class ContractsQuery(Page):
    """Parameters of `GET /contracts`; with `grant_hash` the others are ignored."""

    grant_type: GrantType | None = None
    grant_hash: CommaSeparated = Field(default_factory=list)


class Contracts(Message):
    """Answer of `GET /contracts`."""

    contracts: list[Contract]
    pagination: Pagination


class TokenAnswer(Message):
    """Answer of `POST /token`."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a type, no password
    expires_in: OrAbsent[int] = None


class TokenErrorCode(StrEnum):
    """Why no token was given (RFC 6749, 5.2)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    INVALID_SCOPE = "invalid_scope"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"


class TokenError(Message):
    """Answer of `POST /token` when no token is given (status 400)."""

    error: TokenErrorCode
    error_description: OrAbsent[str] = None


class EnabledExtensions(Message):
    """Extensions of the standard that a peer speaks, with their versions."""

    EXTENSION_DELEGATION: OrAbsent[_DelegationVersion] = None
    EXTENSION_TRANSACTION_LOGGING: OrAbsent[_LoggingVersion] = None


class PeerInfo(Message):
    """Answer of `GET /peer`: who is behind this Manager."""

    peer_id: PeerId
    peer_name: str
    fsc_version: _FscVersion = FSC_VERSION
    enabled_extensions: EnabledExtensions


class Peer(Message):
    """A peer and where its Manager is."""

    id: PeerId
    name: str
    manager_address: _ManagerAddress


class PeersQuery(Page):
    """Parameters of `GET /peers`; with `peer_id` the others are ignored."""

    peer_name: str | None = None
    peer_id: CommaSeparated = Field(default_factory=list)


class Peers(Message):
    """Answer of `GET /peers`."""

    peers: list[Peer]
    pagination: Pagination


class ListedDelegator(Message):
    """The peer on whose behalf a Service is offered."""

    peer_id: PeerId
    peer_name: str


class ListedService(Message):
    """A Service that its own peer offers."""

    type: Literal[ServiceType.SERVICE] = ServiceType.SERVICE
    peer: Peer
    name: ServiceName
    protocol: Protocol
    properties: OrAbsent[dict[str, Any]] = None


class ListedDelegatedService(Message):
    """A Service that a peer offers on behalf of another."""

    type: Literal[ServiceType.DELEGATED_SERVICE] = ServiceType.DELEGATED_SERVICE
    delegator: ListedDelegator
    peer: Peer
    name: ServiceName
    protocol: Protocol
    properties: OrAbsent[dict[str, Any]] = None


class ServiceListing(Message):
    """One entry of the list of Services.

    The OpenAPI file requires `type` beside `data`, and describes it only within.
    """

    type: ServiceType
    data: Annotated[ListedService | ListedDelegatedService, Field(discriminator="type")]


class ServicesQuery(Page):
    """Parameters of `GET /services`; with both filters a Service that either holds for is given."""

    peer_id: str | None = None
    service_name: str | None = None


class Services(Message):
    """Answer of `GET /services`."""

    services: list[ServiceListing]
    pagination: Pagination


class Jwk(Message):
    """A key of a key set, as `core.jwks` makes it; other members are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kty: Literal["RSA", "EC"]


class Jwks(Message):
    """Answer of `GET /.well-known/jwks.json`."""

    keys: list[Jwk]


AnyListedService: TypeAlias = ListedService | ListedDelegatedService
