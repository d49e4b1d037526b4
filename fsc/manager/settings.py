"""The configuration of a Manager, by OpenFSC's variables."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from wegennet.fsc.core.certificates import CertificateError, KeyPair, has_name
from wegennet.fsc.core.contract import PeerId  # noqa: TC001 (pydantic reads the annotation)
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.identity import Peer, identify
from wegennet.fsc.manager.addresses import manager_address
from wegennet.fsc.manager.autosign import AutoSign
from wegennet.fsc.service.settings import (
    Address,
    CommaList,
    Duration,
    HttpsUrl,
    ListenAddress,
    ReadableFile,
    Stored,
)
from wegennet.fsc.service.tls_settings import GroupTls, InternalTls, tls_mistakes
from wegennet.fsc.wire.tls import TlsFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_TOKEN_TTL: Final = timedelta(days=1)


def _manager(text: str) -> str:
    try:
        return manager_address(text)
    except FscError:
        raise ValueError("must be https://host:port with port 443 or 8443") from None


def _pdp(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an http or https URL")
    return text.rstrip("/")


def _types(names: tuple[str, ...]) -> tuple[str, ...]:
    if not set(names) <= set(AutoSign):
        raise ValueError(f"must be a list of {', '.join(AutoSign)}")
    return names


ManagerAddress = Annotated[str, AfterValidator(_manager)]
GroupId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9./_-]{1,100}$")]


class ManagerSettings(Stored, GroupTls, InternalTls):
    """What a Manager is told by its environment."""

    group_id: GroupId = Field(description="id of the Group", examples=["fsc-group"])
    self_address: ManagerAddress = Field(
        description="where other Managers reach it; stands in `Fsc-Manager-Address`",
        examples=["https://manager.example.nl:8443"],
    )
    directory_peer_id: PeerId = Field(
        description="the peer that the group chose as its Directory", examples=["00000099000000001000"]
    )
    directory_manager_address: ManagerAddress = Field(
        description="the Directory's Manager; its own address for a Directory",
        examples=["https://directory.example.nl:8443"],
    )
    controller_registration_api_address: HttpsUrl = Field(
        description="registration API of the peer's Controller, which says where Services are offered",
        examples=["https://controller:9443"],
    )
    tx_log_api_address: HttpsUrl | None = Field(
        None, description="the peer's transaction log; a Directory has none", examples=["https://txlog-api:9443"]
    )

    auto_sign_grants: Annotated[CommaList, AfterValidator(_types)] = Field(
        (),
        description="kinds of grants that are accepted by rule, with commas between",
        examples=["servicePublication,delegatedServicePublication"],
    )
    authzen_auto_sign_pdp_address: Annotated[str, AfterValidator(_pdp)] | None = Field(
        None,
        description="AuthZEN decision point, asked whether other contracts are accepted",
        examples=["https://pdp:9443"],
    )
    token_ttl: Duration = Field(
        timedelta(hours=1),
        gt=timedelta(0),
        le=_LONGEST_TOKEN_TTL,
        description="how long an access token holds; a day at most",
        examples=["1h"],
    )
    disable_crl_checks: bool = Field(
        False, description="take certificates of the Group without a look at revocation lists", examples=["true"]
    )
    auditlog_type: Literal["stdout"] = Field("stdout", description="where the audit log goes", examples=["stdout"])

    listen_address_external: ListenAddress = Field(
        Address("0.0.0.0", 8443),  # noqa: S104
        description="for other peers, by certificates of the group",
        examples=["0.0.0.0:8443"],
    )
    listen_address_internal: ListenAddress = Field(
        Address("0.0.0.0", 9443),  # noqa: S104
        description="for the peer's own components and people, by internal certificates",
        examples=["0.0.0.0:9443"],
    )
    listen_address_internal_unauthenticated: ListenAddress = Field(
        Address("0.0.0.0", 9444),  # noqa: S104
        description="keys and publications for the peer's Inways, without a client certificate",
        examples=["0.0.0.0:9444"],
    )
    monitoring_address: ListenAddress = Field(
        Address("0.0.0.0", 8080),  # noqa: S104
        description="health and metrics, in the clear",
        examples=["0.0.0.0:8080"],
    )

    tls_group_token_cert: ReadableFile | None = Field(
        None,
        description="certificate that signs access tokens; the one of the group without it",
        examples=["/pki/group/token.pem"],
    )
    tls_group_token_key: ReadableFile | None = Field(None, description="its key", examples=["/pki/group/token-key.pem"])
    tls_group_contract_cert: ReadableFile | None = Field(
        None,
        description="certificate that signs contracts; the one of the group without it",
        examples=["/pki/group/contract.pem"],
    )
    tls_group_contract_key: ReadableFile | None = Field(
        None, description="its key", examples=["/pki/group/contract-key.pem"]
    )
    tls_internal_unauthenticated_root_cert: ReadableFile | None = Field(
        None,
        description="trust anchor of the next one; the internal one without it",
        examples=["/pki/internal/root.pem"],
    )
    tls_internal_unauthenticated_cert: ReadableFile | None = Field(
        None,
        description="certificate of the API without client certificates; the internal one without it",
        examples=["/pki/internal/cert.pem"],
    )
    tls_internal_unauthenticated_key: ReadableFile | None = Field(
        None, description="its key", examples=["/pki/internal/key.pem"]
    )

    @property
    def own(self) -> Peer:
        """Our peer, by the group certificate."""
        return identify(KeyPair.load(self.tls_group_cert, self.tls_group_key).certificate)

    @property
    def is_directory(self) -> bool:
        """Whether this Manager is the group's Directory."""
        return self.own.id == self.directory_peer_id or self.self_address == self.directory_manager_address

    @property
    def auto_sign(self) -> frozenset[AutoSign]:
        """Types of grants that are accepted by rule."""
        return frozenset(AutoSign(name) for name in self.auto_sign_grants)

    @property
    def token_files(self) -> tuple[Path, Path]:
        """Certificate and key for tokens; those of the group unless there are others."""
        return self.tls_group_token_cert or self.tls_group_cert, self.tls_group_token_key or self.tls_group_key

    @property
    def contract_files(self) -> tuple[Path, Path]:
        """Certificate and key for signatures on contracts; those of the group unless there are others."""
        return self.tls_group_contract_cert or self.tls_group_cert, self.tls_group_contract_key or self.tls_group_key

    @property
    def unauthenticated_tls(self) -> TlsFiles:
        """The files for the API without client certificates; the internal ones unless there are others."""
        return TlsFiles(
            certificate=self.tls_internal_unauthenticated_cert or self.tls_cert,
            key=self.tls_internal_unauthenticated_key or self.tls_key,
            roots=self.tls_internal_unauthenticated_root_cert or self.tls_root_cert,
        )

    def mistakes(self) -> list[str]:
        """Adds certificates that are not of one peer, or not of this Manager."""
        found = super().mistakes()
        variables = "TLS_INTERNAL_UNAUTHENTICATED_CERT, _KEY and _ROOT_CERT"
        return found + tls_mistakes(variables, self.unauthenticated_tls) + list(self._certificates())

    def _certificates(self) -> Iterator[str]:
        try:
            own = self.own
            certificate = KeyPair.load(self.tls_group_cert, self.tls_group_key).certificate
        except (CertificateError, FscError) as error:
            yield f"TLS_GROUP_CERT and TLS_GROUP_KEY cannot be used: {error}"
            return
        host = urlsplit(self.self_address).hostname or ""
        if not has_name(certificate, host):
            yield f"TLS_GROUP_CERT is not of {host}, the host of SELF_ADDRESS; put it in the certificate's SAN."
        for variables, files in (("TLS_GROUP_TOKEN", self.token_files), ("TLS_GROUP_CONTRACT", self.contract_files)):
            if files != (self.tls_group_cert, self.tls_group_key):
                yield from self._of_one_peer(variables, files, own)

    def _of_one_peer(self, variables: str, files: tuple[Path, Path], own: Peer) -> Iterator[str]:
        try:
            peer = identify(KeyPair.load(*files).certificate)
        except (CertificateError, FscError) as error:
            yield f"{variables}_CERT and {variables}_KEY cannot be used: {error}"
            return
        yield from self.group_mistakes(variables, *files)
        if peer.id != own.id:
            yield f"{variables}_CERT is of peer {peer.id}, and TLS_GROUP_CERT of {own.id}; they must be of one peer."
