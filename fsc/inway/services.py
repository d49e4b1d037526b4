"""The Services that an Inway offers: where each is and what it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from wegennet.fsc.core.contract import Protocol
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.wire.headers import is_authority, is_target
from wegennet.fsc.wire.message import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wegennet.fsc.api.controller import Service
    from wegennet.fsc.gateway.refresh import Refreshed
    from wegennet.fsc.wire.tls import Choice

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a Service is: its origin, and the path that stands before every target, without a slash at its end."""

    origin: Origin
    prefix: bytes


def endpoint(url: str) -> Endpoint:
    """The endpoint of a URL, as the Controller has checked it.

    Raises:
        ValueError: it is no http or https URL that a request can be sent to.
    """
    parts = urlsplit(url)
    origin = Origin(parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    prefix = parts.path.rstrip("/").encode("ascii")
    sendable = is_authority(origin.netloc.encode("ascii")) and is_target(prefix + b"/")
    if parts.scheme not in ("http", "https") or not parts.hostname or not sendable:
        raise ValueError(f"{url!r} is no http or https URL that a request can be sent to")
    return Endpoint(origin, prefix)


def offered(services: Iterable[Service], address: str) -> dict[str, Endpoint]:
    """The endpoints, by name, of the Services that are offered by the Inway at `address`."""
    found: dict[str, Endpoint] = {}
    for service in services:
        if service.inway_address.rstrip("/") != address:
            continue
        try:
            found[service.name] = endpoint(service.endpoint_url)
        except ValueError as error:
            log.warning("a service cannot be offered", service=service.name, reason=str(error))
    return found


class Services:
    """Finds the Service of a request.

    Args:
        endpoints: of the Services of this Inway, by name; from the Controller.
        protocols: of the published Services, by name; from the Manager.
    """

    def __init__(self, endpoints: Refreshed[dict[str, Endpoint]], protocols: Refreshed[dict[str, Protocol]]) -> None:
        self._endpoints = endpoints
        self._protocols = protocols

    async def find(self, name: str) -> Endpoint:
        """Where a Service is; the Controller is asked again about one that is not known.

        Raises:
            FscError: SERVICE_NOT_FOUND; or UNAVAILABLE while the Controller has never answered.
        """
        if name not in (self._endpoints.value or {}):
            await self._endpoints.renew()
        if self._endpoints.value is None:
            raise FscError(
                ErrorCode.UNAVAILABLE,
                "Where services are is not known yet: this peer's own Controller does not answer.",
            )
        if name not in self._endpoints.value:
            raise FscError(ErrorCode.SERVICE_NOT_FOUND, f"The service {name} is not offered by this Inway.")
        return self._endpoints.value[name]

    async def protocol(self, name: str, scheme: str) -> Choice:
        """What to speak to a Service: HTTP/2 where its publication says so, and with TLS only if it takes it."""
        if not self._protocols.known:
            await self._protocols.renew()
        if (self._protocols.value or {}).get(name) is not Protocol.HTTP_2:
            return "1.1"
        return None if scheme == "https" else "2"
