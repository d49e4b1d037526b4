"""The content of a contract and its grants (FSC Core 4.2; OpenAPI `contractContent`).

Models are frozen and know every field: a key that is not here could not be part of what peers agree on, yet would
change the hash. Times are Unix seconds. Absent optional fields stay absent and arrays keep their order, so that
`Content.as_json` gives exactly what came in. What a model cannot say (dates, combinations of grants) is in `rules`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from wegennet.fsc.core.errors import ErrorCode, FscError

if TYPE_CHECKING:
    from collections.abc import Iterator

FSC_VERSION: Final = "2.0.0"

_Member = TypeVar("_Member")

LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z: the last second that X.509 and databases can say."""


class GrantType(StrEnum):
    """What a grant allows."""

    SERVICE_PUBLICATION = "GRANT_TYPE_SERVICE_PUBLICATION"
    SERVICE_CONNECTION = "GRANT_TYPE_SERVICE_CONNECTION"
    DELEGATED_SERVICE_CONNECTION = "GRANT_TYPE_DELEGATED_SERVICE_CONNECTION"
    DELEGATED_SERVICE_PUBLICATION = "GRANT_TYPE_DELEGATED_SERVICE_PUBLICATION"


class Protocol(StrEnum):
    """What an Inway speaks for a Service."""

    HTTP_1_1 = "PROTOCOL_TCP_HTTP_1.1"
    HTTP_2 = "PROTOCOL_TCP_HTTP_2"


class HashAlgorithm(StrEnum):
    """How a contract and its grants are hashed."""

    SHA3_512 = "HASH_ALGORITHM_SHA3_512"


class ServiceType(StrEnum):
    """Whether a Service is offered on behalf of another Peer."""

    SERVICE = "SERVICE_TYPE_SERVICE"
    DELEGATED_SERVICE = "SERVICE_TYPE_DELEGATED_SERVICE"


class OutwayIdentificationType(StrEnum):
    """By what an Outway is recognised."""

    PUBLIC_KEY_THUMBPRINT = "OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT"
    DOMAIN_NAME = "OUTWAY_IDENTIFICATION_TYPE_DOMAIN_NAME"


_LABEL: Final = "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

PeerId: TypeAlias = Annotated[str, StringConstraints(pattern="^[0-9]{20}$")]
Timestamp: TypeAlias = Annotated[int, Field(ge=0, le=LAST_SECOND)]
PublicKeyThumbprint: TypeAlias = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
DomainName: TypeAlias = Annotated[str, StringConstraints(pattern=rf"^{_LABEL}(\.{_LABEL})*$", max_length=253)]
ServiceName: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Uuid: TypeAlias = Annotated[
    str, StringConstraints(pattern="^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$")
]


def _is_none(value: object) -> bool:
    return value is None


OrAbsent: TypeAlias = Annotated[_Member | SkipJsonSchema[None], Field(exclude_if=_is_none)]
"""A member of an object that may be absent: `None` here, and never null in JSON."""


class _Part(BaseModel):
    """A part of a contract: nothing is converted, nothing is left out, nothing changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Validity(_Part):
    """The period in which a contract can be valid, both ends included."""

    not_before: Timestamp
    not_after: Timestamp


class Directory(_Part):
    """The Peer that lists a Service."""

    peer_id: PeerId


class Delegator(_Part):
    """The Peer on whose behalf another one acts."""

    peer_id: PeerId


class PublishedService(_Part):
    """A Service as it is offered to the Group."""

    peer_id: PeerId
    name: ServiceName
    protocol: Annotated[Protocol, Field(strict=False)]


class Service(_Part):
    """A Service that its own Peer offers."""

    type: Literal[ServiceType.SERVICE]
    peer_id: PeerId
    name: ServiceName


class DelegatedService(_Part):
    """A Service that a Peer offers on behalf of another."""

    type: Literal[ServiceType.DELEGATED_SERVICE]
    peer_id: PeerId
    name: ServiceName
    delegator: Delegator


class OutwayByPublicKey(_Part):
    """Recognised by its key: hexadecimal SHA-256 of the SubjectPublicKeyInfo, which survives a renewed certificate."""

    type: Literal[OutwayIdentificationType.PUBLIC_KEY_THUMBPRINT]
    public_key_thumbprint: PublicKeyThumbprint


class OutwayByDomainName(_Part):
    """Recognised by a name in its certificate."""

    type: Literal[OutwayIdentificationType.DOMAIN_NAME]
    domain_name: DomainName


OutwayIdentification: TypeAlias = Annotated[OutwayByPublicKey | OutwayByDomainName, Field(discriminator="type")]
AnyService: TypeAlias = Annotated[Service | DelegatedService, Field(discriminator="type")]


class Outway(_Part):
    """The Outway that may connect, and its Peer."""

    peer_id: PeerId
    identification: OutwayIdentification


class _GrantData(_Part):
    properties: OrAbsent[dict[str, Any]] = None

    @field_validator("properties", mode="before")
    @classmethod
    def _is_an_object(cls, value: Any) -> Any:
        # The default is not validated: `None` can only be a null that stands in the contract.
        if value is None:
            raise ValueError("properties must be a JSON object; leave the key out when there are none")
        return value


class ServicePublication(_GrantData):
    """A Peer may publish a Service in a Directory."""

    type: Literal[GrantType.SERVICE_PUBLICATION]
    directory: Directory
    service: PublishedService

    def signers(self) -> tuple[str, ...]:
        """Ids of the peers that must accept (FSC Core 4.2.1.1)."""
        return _unique(self.directory.peer_id, self.service.peer_id)


class DelegatedServicePublication(_GrantData):
    """A Peer may publish a Service in a Directory on behalf of the delegator."""

    type: Literal[GrantType.DELEGATED_SERVICE_PUBLICATION]
    directory: Directory
    service: PublishedService
    delegator: Delegator

    def signers(self) -> tuple[str, ...]:
        """Ids of the peers that must accept (FSC Core 4.2.1.2)."""
        return _unique(self.directory.peer_id, self.service.peer_id, self.delegator.peer_id)


class ServiceConnection(_GrantData):
    """An Outway may connect to a Service."""

    type: Literal[GrantType.SERVICE_CONNECTION]
    outway: Outway
    service: AnyService

    def signers(self) -> tuple[str, ...]:
        """Ids of the peers that must accept (FSC Core 4.2.1.3)."""
        return _unique(self.outway.peer_id, self.service.peer_id, *_delegator_of(self.service))


class DelegatedServiceConnection(_GrantData):
    """An Outway may connect to a Service on behalf of the delegator."""

    type: Literal[GrantType.DELEGATED_SERVICE_CONNECTION]
    outway: Outway
    service: AnyService
    delegator: Delegator

    def signers(self) -> tuple[str, ...]:
        """Ids of the peers that must accept (FSC Core 4.2.1.4)."""
        delegators = (self.delegator.peer_id, *_delegator_of(self.service))
        return _unique(self.outway.peer_id, self.service.peer_id, *delegators)


ConnectionGrant: TypeAlias = ServiceConnection | DelegatedServiceConnection
PublicationGrant: TypeAlias = ServicePublication | DelegatedServicePublication
GrantData: TypeAlias = Annotated[
    ServicePublication | ServiceConnection | DelegatedServiceConnection | DelegatedServicePublication,
    Field(discriminator="type"),
]


class Grant(_Part):
    """One interaction between Peers that a contract allows."""

    data: GrantData


class Content(_Part):
    """What the peers of a contract agree on; it never changes.

    `iv` keeps the letters as they came; two contracts whose UUIDs differ only in case have an equal `iv`.
    `hash_algorithm` may be unknown here, so that `rules` can answer with the code for it.
    """

    fsc_version: Literal["2.0.0"]
    iv: Uuid
    group_id: str
    validity: Validity
    grants: Annotated[tuple[Grant, ...], Field(strict=False)]
    hash_algorithm: Annotated[str, Field(json_schema_extra={"enum": [algorithm.value for algorithm in HashAlgorithm]})]
    created_at: Timestamp

    @model_validator(mode="before")
    @classmethod
    def _has_our_version(cls, value: Any) -> Any:
        # Not left to the field: content of another version has another shape, and its peer should learn why.
        if isinstance(value, dict) and isinstance(version := value.get("fsc_version"), str) and version != FSC_VERSION:
            raise FscError(
                ErrorCode.UNKNOWN_FSC_VERSION, f"FSC version {FSC_VERSION} is the only one that is known here."
            )
        return value

    def as_json(self) -> dict[str, Any]:
        """The content as JSON, exactly as it came in."""
        return self.model_dump(mode="json")

    def peers(self) -> tuple[str, ...]:
        """Ids of all peers on the contract, each once, in the order of the grants."""
        return _unique(*(peer for grant in self.grants for peer in grant.data.signers()))


def parse_content(value: Any) -> Content:
    """Reads the content of a contract from JSON that was parsed strictly.

    Raises:
        FscError: it is of another FSC version, or has not the shape of a contract (status 400).
    """
    try:
        return Content.model_validate(value)
    except ValidationError as error:
        raise FscError(
            ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH,
            f"The content is no contract: {sentence(error)}",
            status=400,
        ) from None


def sentence(error: ValidationError) -> str:
    """The first thing that is wrong by a model, as `place: what`."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}." if place else f"{first['msg']}."


def _delegator_of(service: Service | DelegatedService) -> Iterator[str]:
    if isinstance(service, DelegatedService):
        yield service.delegator.peer_id


def _unique(*peers: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(peers))
