"""The internal APIs of a Manager: administration by its own peer (9443), and for its Inways (9444); base `/v1`.

Grants are flat here, as OpenFSC's tools send and read them: the members of `data` without `data` around them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field

from wegennet.fsc.api.common import CommaSeparated, Message, Page, Pagination, Query, Request
from wegennet.fsc.core import hashes
from wegennet.fsc.core.contract import (
    FSC_VERSION,
    Content,
    DelegatedServiceConnection,
    DelegatedServicePublication,
    Grant,
    GrantData,
    GrantType,
    HashAlgorithm,
    OrAbsent,
    Protocol,
    ServiceConnection,
    ServicePublication,
    Timestamp,
    Uuid,
    Validity,
)
from wegennet.fsc.core.state import ContractState


class NewContent(Request):
    """Content of a contract to make: without version, and with flat grants."""

    iv: Uuid
    group_id: str
    validity: Validity
    grants: list[GrantData]
    hash_algorithm: HashAlgorithm = HashAlgorithm.SHA3_512
    created_at: Timestamp

    def content(self) -> Content:
        """The content as peers exchange it."""
        return Content(
            fsc_version=FSC_VERSION,
            iv=self.iv,
            group_id=self.group_id,
            validity=self.validity,
            grants=tuple(Grant(data=grant) for grant in self.grants),
            hash_algorithm=self.hash_algorithm.value,
            created_at=self.created_at,
        )


class NewContract(Request):
    """Body of `POST /contracts`."""

    contract_content: NewContent


class ContractMade(Message):
    """Answer of `POST /contracts`: the hash of the content, and of each grant in its order."""

    content_hash: str
    grant_hashes: list[str]


class KnownSignature(Message):
    """A signature on a contract: compact JWS, and Unix seconds."""

    jws: str
    signed_at: int


class KnownSignatures(Message):
    """Signatures by peer id, for each type."""

    accept: dict[str, KnownSignature] = Field(default_factory=dict)
    reject: dict[str, KnownSignature] = Field(default_factory=dict)
    revoke: dict[str, KnownSignature] = Field(default_factory=dict)


class _Hashed(Message):
    # A grant with its hash is shown, not hashed again: what `forbid` protects is checked on the way in.
    model_config = ConfigDict(frozen=True, extra="ignore")

    hash: str


class ShownServicePublication(_Hashed, ServicePublication):
    """A publication grant with its hash."""


class ShownServiceConnection(_Hashed, ServiceConnection):
    """A connection grant with its hash."""


class ShownDelegatedServiceConnection(_Hashed, DelegatedServiceConnection):
    """A delegated connection grant with its hash."""


class ShownDelegatedServicePublication(_Hashed, DelegatedServicePublication):
    """A delegated publication grant with its hash."""


ShownGrant: TypeAlias = Annotated[
    ShownServicePublication
    | ShownServiceConnection
    | ShownDelegatedServiceConnection
    | ShownDelegatedServicePublication,
    Field(discriminator="type"),
]


class ShownContent(Message):
    """Content of a contract with flat grants, each with its hash beside its members."""

    fsc_version: str
    iv: str
    group_id: str
    validity: Validity
    grants: list[ShownGrant]
    hash_algorithm: str
    created_at: int

    @classmethod
    def of(cls, content: Content) -> ShownContent:
        """The same content, with hashes."""
        shown = content.as_json()
        flat = zip(shown["grants"], hashes.grant_hashes(content), strict=True)
        return cls.model_validate({**shown, "grants": [{**grant["data"], "hash": text} for grant, text in flat]})


class KnownContract(Message):
    """A contract as a Manager knows it; `hash` is the content hash once more, as OpenFSC's tools read it."""

    content_hash: str
    hash: str
    content: ShownContent
    signatures: KnownSignatures
    state: ContractState
    created_at: int


class KnownContractsQuery(Page):
    """Parameters of `GET /contracts`; different filters narrow the list, the values of one widen it."""

    state: ContractState | None = None
    grant_type: GrantType | None = None
    content_hash: CommaSeparated = Field(default_factory=list)
    grant_hash: CommaSeparated = Field(default_factory=list)


class KnownContracts(Message):
    """Answer of `GET /contracts`."""

    contracts: list[KnownContract]
    pagination: Pagination


class DistributionAction(StrEnum):
    """What is sent to another peer of a contract."""

    SUBMIT_CONTRACT = "DISTRIBUTION_ACTION_SUBMIT_CONTRACT"
    SUBMIT_ACCEPT_SIGNATURE = "DISTRIBUTION_ACTION_SUBMIT_ACCEPT_SIGNATURE"
    SUBMIT_REJECT_SIGNATURE = "DISTRIBUTION_ACTION_SUBMIT_REJECT_SIGNATURE"
    SUBMIT_REVOKE_SIGNATURE = "DISTRIBUTION_ACTION_SUBMIT_REVOKE_SIGNATURE"


class Distribution(Message):
    """Something that is to be sent to another peer, or was.

    Attributes:
        peer_id: the other peer.
        action: what is sent.
        delivered_at: Unix seconds; absent while it was not received.
        attempts: how often it was tried.
        next_attempt_at: Unix seconds; absent once it was received.
        last_error: why the last attempt failed, as a sentence.
    """

    peer_id: str
    action: DistributionAction
    attempts: int
    delivered_at: OrAbsent[int] = None
    next_attempt_at: OrAbsent[int] = None
    last_error: OrAbsent[str] = None


class Distributions(Message):
    """Answer of `GET /contracts/{hash}/distributions`."""

    distributions: list[Distribution]


class Publication(Message):
    """A Service that this peer publishes by a valid contract."""

    name: str
    protocol: Protocol
    properties: OrAbsent[dict[str, Any]] = None
    content_hash: str
    grant_hash: str
    directory_peer_id: str
    delegator_peer_id: OrAbsent[str] = None


class Publications(Message):
    """Answer of `GET /services/publications`."""

    publications: list[Publication]


class OutwayServicesQuery(Query):
    """Parameters of `GET /outways/{public_key_thumbprint}/services`: names in the Outway's certificate."""

    domain_name: CommaSeparated = Field(default_factory=list)


class OutwayService(Message):
    """A Service that an Outway may connect to by a valid contract.

    Attributes:
        grant_hash: scope of the token.
        content_hash: of the contract.
        service_name: of the Service.
        service_peer_id: the peer that offers it.
        service_delegator_peer_id: the peer on whose behalf it is offered, if any.
        delegator_peer_id: the peer on whose behalf the Outway connects, if any.
        manager_address: of the Manager that gives tokens.
        protocol: what its Inway speaks.
        not_after: last Unix second of the contract.
    """

    grant_hash: str
    content_hash: str
    service_name: str
    service_peer_id: str
    service_delegator_peer_id: OrAbsent[str] = None
    delegator_peer_id: OrAbsent[str] = None
    manager_address: str
    protocol: Protocol
    not_after: int


class OutwayServices(Message):
    """Answer of `GET /outways/{public_key_thumbprint}/services`."""

    services: list[OutwayService]
