"""Calls to the Managers of other peers, each of which must show a certificate of the peer that it should be of."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from wegennet.fsc.api.common import MAX_LIMIT, Message
from wegennet.fsc.api.manager import (
    MANAGER_ADDRESS_HEADER,
    ContractsQuery,
    Peer,
    Peers,
    PeersQuery,
    Services,
    ServicesQuery,
    Signatures,
)
from wegennet.fsc.core import jwks
from wegennet.fsc.core.certificates import CertificateError, read_der
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.identity import identify
from wegennet.fsc.service.client import ApiClient
from wegennet.fsc.wire.errors import TlsError
from wegennet.fsc.wire.limits import Timeouts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from cryptography import x509

    from wegennet.fsc.api.manager import AnyListedService
    from wegennet.fsc.core.contract import Content
    from wegennet.fsc.core.signatures import Signature
    from wegennet.fsc.wire.message import ClientResponse
    from wegennet.fsc.wire.pool import ClientPool, Exchange

CALL_SECONDS: Final = 12.0
"""A whole call. The other Manager may have to call ours back for our certificates before it answers."""
_TIMEOUTS: Final = Timeouts(connect=3.0, head=10.0, idle=5.0)
_SEEN_SECONDS: Final = 60.0
_MOST_PAGES: Final = 50


class ListedContract(Message):
    """A contract in the list of another peer, of which only the signatures are of interest."""

    content: dict[str, Any]
    signatures: Signatures


class ListedContracts(Message):
    """The list of another peer."""

    contracts: list[ListedContract]


class Keys(Message):
    """A key set; `core.jwks` reads the keys."""

    keys: list[Any]


class Managers:
    """The Managers of the group.

    Args:
        pool: connections with our group certificate.
        own_address: where our Manager is, which the others are told with every POST and PUT (FSC Core 4.4.4).
    """

    def __init__(self, pool: ClientPool, own_address: str) -> None:
        self._pool = pool
        self.own_address = own_address
        self._seen: dict[tuple[str, str], float] = {}

    def of(self, peer_id: str, address: str) -> RemoteManager:
        """The Manager of a peer at an address."""
        return RemoteManager(self, peer_id, address)

    def client(self, peer_id: str, address: str) -> ApiClient:
        """A client whose answers count only when they come from the peer."""
        pool = cast("ClientPool", _OfPeer(self, self._pool, peer_id, address))
        return ApiClient(pool, f"{address}/v1", seconds=CALL_SECONDS, timeouts=_TIMEOUTS)

    def seen(self, peer_id: str, address: str) -> bool:
        """Whether the server at an address has just shown that it is of a peer."""
        return time.monotonic() - self._seen.get((peer_id, address), -_SEEN_SECONDS) < _SEEN_SECONDS

    def note(self, peer_id: str, address: str) -> None:
        """Keeps that the server at an address is of a peer."""
        now = time.monotonic()
        self._seen = {place: at for place, at in self._seen.items() if now - at < _SEEN_SECONDS}
        self._seen[peer_id, address] = now


class RemoteManager:
    """The Manager of another peer; every method raises CallError when it is not reached, or refuses."""

    def __init__(self, managers: Managers, peer_id: str, address: str) -> None:
        self._managers = managers
        self._peer_id = peer_id
        self._address = address
        self._client = managers.client(peer_id, address)
        self._headers = {MANAGER_ADDRESS_HEADER: managers.own_address}

    async def announce(self) -> None:
        """Tells where our Manager is."""
        await self._client.put("/announce", headers=self._headers)

    async def submit(self, content: Content, jws: str) -> None:
        """Submits a contract with our accept."""
        await self._write("POST", "/contracts", content, jws)

    async def sign(self, content_hash: str, content: Content, signature: Signature) -> None:
        """Submits our signature on a contract."""
        await self._write("PUT", f"/contracts/{content_hash}/{signature.type}", content, signature.jws)

    async def signatures(self, content: Content, grant_hash: str) -> Signatures:
        """The signatures that the peer has on a contract, found by one of its grants; none when it lacks it."""
        query = ContractsQuery(grant_hash=[grant_hash])
        answer = await self._client.get("/contracts", ListedContracts, query=query)
        wanted = content.as_json()
        return next((one.signatures for one in answer.contracts if one.content == wanted), Signatures())

    async def certificates(self) -> Mapping[str, tuple[x509.Certificate, ...]]:
        """The certificate chains that the peer publishes, by thumbprint; not verified."""
        keys = await self._client.get("/.well-known/jwks.json", Keys)
        return jwks.certificates({"keys": keys.keys})

    async def peers(self, peer_ids: list[str]) -> list[Peer]:
        """What the peer knows of others."""
        return (await self._client.get("/peers", Peers, query=PeersQuery(peer_id=peer_ids))).peers

    async def services(self, peer_id: str) -> list[AnyListedService]:
        """The services of a peer that this one lists."""
        found: list[AnyListedService] = []
        query = ServicesQuery(peer_id=peer_id, limit=MAX_LIMIT)
        for _ in range(_MOST_PAGES):
            answer = await self._client.get("/services", Services, query=query)
            found += [listing.data for listing in answer.services if listing.data.peer.id == peer_id]
            if not answer.pagination.next_cursor:
                break
            query = ServicesQuery(peer_id=peer_id, limit=MAX_LIMIT, cursor=answer.pagination.next_cursor)
        return found

    async def _write(self, method: str, path: str, content: Content, jws: str) -> None:
        """Hands over a contract, to a server that has shown whose it is before."""
        if not self._managers.seen(self._peer_id, self._address):
            await self._client.call("GET", "/peer")
        body = {"content": content.as_json(), "signature": jws}
        await self._client.call(method, path, body=body, headers=self._headers)


class _OfPeer:
    """The pool, for one server that must be of one peer."""

    def __init__(self, managers: Managers, pool: ClientPool, peer_id: str, address: str) -> None:
        self._managers = managers
        self._pool = pool
        self._peer_id = peer_id
        self._address = address

    @asynccontextmanager
    async def request(self, *parts: Any, **named: Any) -> AsyncIterator[ClientResponse]:
        exchange: Exchange = self._pool.request(*parts, **named)
        async with exchange as response:
            self._check(response.certificate_der)
            yield response

    def _check(self, certificate: bytes | None) -> None:
        try:
            peer_id = identify(read_der(certificate or b"")).id
        except (CertificateError, FscError) as error:
            raise TlsError(f"the certificate of {self._address} is of no peer: {error}") from None
        if peer_id != self._peer_id:
            raise TlsError(f"{self._address} is of peer {peer_id}, not of {self._peer_id}")
        self._managers.note(self._peer_id, self._address)
