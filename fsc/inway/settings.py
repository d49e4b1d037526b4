"""Configuration of an Inway."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from pydantic import Field

from wegennet.fsc.core.certificates import CertificateError, KeyPair, has_name
from wegennet.fsc.gateway.settings import GatewaySettings
from wegennet.fsc.service.settings import Address, HttpsUrl, ListenAddress, ReadableFile

_PORTS: Final = (443, 8443)


class InwaySettings(GatewaySettings):
    """Environment variables of `fsc inway serve`."""

    self_address: HttpsUrl = Field(
        description="where other peers reach it; stands in access tokens", examples=["https://inway.example.nl:443"]
    )
    listen_address: ListenAddress = Field(
        Address("0.0.0.0", 8443),  # noqa: S104
        description="for requests of other peers' Outways",
        examples=["0.0.0.0:8443"],
    )
    manager_internal_unauthenticated_address: HttpsUrl = Field(
        description="unauthenticated internal API of the peer's Manager, for keys and publications",
        examples=["https://manager:9444"],
    )
    tls_service_root_cert: ReadableFile | None = Field(
        None,
        description="what services with TLS are trusted by; the system's roots without it",
        examples=["/pki/services/root.pem"],
    )

    def mistakes(self) -> list[str]:
        """Adds an address that no Outway could use."""
        return [*super().mistakes(), *self._address_mistakes()]

    def _address_mistakes(self) -> list[str]:
        parts = urlsplit(self.self_address)
        if parts.port not in _PORTS:
            return [f"SELF_ADDRESS must name port 443 or 8443, not {self.self_address!r}."]
        try:
            certificate = KeyPair.load(self.tls_group_cert, self.tls_group_key).certificate
        except CertificateError:
            return []
        host = parts.hostname or ""
        if not has_name(certificate, host):
            return [f"TLS_GROUP_CERT must be of the host in SELF_ADDRESS, {host!r}, by its Subject Alternative Name."]
        return []
