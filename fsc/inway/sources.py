"""What an Inway asks of its peer's Manager and Controller."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from wegennet.fsc.api.controller import RegisterInway, Services
from wegennet.fsc.api.manager import Jwks
from wegennet.fsc.api.manager_internal import Publications
from wegennet.fsc.core.certificates import CertificateError, read_pem
from wegennet.fsc.inway.keys import signing_certificates
from wegennet.fsc.inway.services import offered
from wegennet.fsc.service.client import CallError

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.core.contract import Protocol
    from wegennet.fsc.inway.keys import SigningCertificates
    from wegennet.fsc.inway.services import Endpoint
    from wegennet.fsc.service.client import ApiClient


class ManagerSource:
    """The Manager's API for its own Inways.

    Args:
        api: of the Manager, without client certificate.
        roots: file with the Group's trust anchors.
        peer_id: our own.
    """

    def __init__(self, api: ApiClient, *, roots: Path, peer_id: str) -> None:
        self._api = api
        self._roots = roots
        self._peer_id = peer_id

    async def keys(self) -> SigningCertificates:
        """The certificates with which our peer signs tokens."""
        answer = await self._api.get("/.well-known/jwks.json", Jwks)
        try:
            anchors = read_pem(self._roots.read_bytes())
        except (OSError, CertificateError) as error:
            raise CallError(f"The trust anchors in {self._roots} cannot be read: {error}") from error
        return signing_certificates(answer.model_dump(), anchors, peer_id=self._peer_id, now=int(time.time()))

    async def protocols(self) -> dict[str, Protocol]:
        """What each published Service speaks."""
        answer = await self._api.get("/services/publications", Publications)
        return {publication.name: publication.protocol for publication in answer.publications}


class ControllerSource:
    """The Controller's registration API.

    Args:
        api: of the Controller.
        group_id: of the Group.
        name: of this Inway.
        address: of this Inway.
    """

    def __init__(self, api: ApiClient, *, group_id: str, name: str, address: str) -> None:
        self._api = api
        self._address = address
        self._path = f"/groups/{quote(group_id, safe='')}/inways/{quote(name, safe='')}"

    async def register(self) -> None:
        """Says that this Inway is there."""
        await self._api.put(self._path, RegisterInway(address=self._address))

    async def services(self) -> dict[str, Endpoint]:
        """Where the Services are that this Inway offers."""
        answer = await self._api.get(f"{self._path}/services", Services)
        return offered(answer.services, self._address)
