"""Configuration that Inway and Outway have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from wegennet.fsc.core.certificates import CertificateError, KeyPair
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.identity import Peer, identify
from wegennet.fsc.service.settings import Duration, HttpsUrl  # noqa: TC001 (pydantic reads the annotations)
from wegennet.fsc.service.tls_settings import GroupTls, InternalTls


class GatewaySettings(GroupTls, InternalTls):
    """What stands between a peer and the others."""

    group_id: Annotated[str, StringConstraints(pattern="^[a-zA-Z0-9./_-]{1,100}$")] = Field(
        description="id of the Group", examples=["fsc.example"]
    )
    name: Annotated[str, StringConstraints(pattern="^[a-zA-Z0-9._-]{1,100}$")] = Field(
        description="under which it registers at the Controller", examples=["gateway-1"]
    )
    controller_registration_api_address: HttpsUrl = Field(
        description="registration API of the peer's Controller", examples=["https://controller:9443"]
    )
    tx_log_api_address: HttpsUrl = Field(
        description="the peer's transaction log; without one nothing may be sent", examples=["https://txlog:9443"]
    )
    response_timeout: Duration = Field(
        timedelta(seconds=60), description="how long the next hop may take to begin its answer", examples=["60s"]
    )
    tx_log_write_timeout: Duration = Field(
        timedelta(seconds=5), description="how long a request waits for its record to be stored", examples=["5s"]
    )
    disable_crl_checks: bool = Field(
        default=False,
        description="take certificates of the Group without a look at revocation lists",
        examples=["false"],
    )
    reuse_port: bool = Field(
        default=False,
        description="let several processes listen on one address; each has a MONITORING_ADDRESS of its own",
        examples=["true"],
    )

    @property
    def own_peer(self) -> Peer:
        """The peer of the group certificate."""
        return identify(KeyPair.load(self.tls_group_cert, self.tls_group_key).certificate)

    def mistakes(self) -> list[str]:
        """Adds a group certificate that is of no peer."""
        try:
            _ = self.own_peer
        except (CertificateError, FscError) as error:
            return [*super().mistakes(), f"TLS_GROUP_CERT cannot be used: {error}"]
        return super().mistakes()
