"""Configuration of an Outway."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from wegennet.fsc.gateway.settings import GatewaySettings
from wegennet.fsc.service.settings import Address, Duration, HttpsUrl, ListenAddress


class OutwaySettings(GatewaySettings):
    """Environment variables of `fsc outway serve`."""

    listen_address: ListenAddress = Field(
        Address("0.0.0.0", 8080),  # noqa: S104
        description="for requests of the peer's applications",
        examples=["0.0.0.0:8080"],
    )
    # Longer than an Inway's, so that its answer about a Service that is slow arrives.
    response_timeout: Duration = Field(
        timedelta(seconds=75), description="how long the next hop may take to begin its answer", examples=["75s"]
    )
    listen_https: bool = Field(
        default=False, description="serve clients with TLS, by TLS_CERT and TLS_KEY", examples=["false"]
    )
    manager_internal_address: HttpsUrl = Field(
        description="internal API of the peer's Manager, for grants", examples=["https://manager:9443"]
    )
    grant_links_cache_ttl: Duration = Field(
        timedelta(seconds=5), description="how long the list of grants is used", examples=["5s"]
    )
    enable_grant_hash_suggestion: bool = Field(
        default=False, description="list the usable grants in the answer to a request without one", examples=["true"]
    )
