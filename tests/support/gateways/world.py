"""A consumer with an Outway and a provider with an Inway, each with its own CA, over real TLS on loopback addresses."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import uvloop

from support.gateways.fakes import (
    ConsumingManager,
    Controller,
    ProvidingManager,
    RevocationLists,
    Service,
    TransactionLog,
)
from support.gateways.peers import CONSUMER, GROUP, PROVIDER, Issuer, grant, issuer
from wegennet.fsc.core import tokens
from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.inway.settings import InwaySettings
from wegennet.fsc.inway.start import start as start_inway
from wegennet.fsc.outway.settings import OutwaySettings
from wegennet.fsc.outway.start import start as start_outway
from wegennet.fsc.service.lifecycle import Process
from wegennet.fsc.service.settings import load
from wegennet.fsc.trial.keys import chain_pem
from wegennet.fsc.trial.loopback import Network
from wegennet.fsc.trial.pki import Authority, Subject
from wegennet.fsc.wire.body import NO_BODY, read
from wegennet.fsc.wire.limits import Timeouts
from wegennet.fsc.wire.message import ClientInfo, Origin, Request
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.tls import ClientTls, ServerTls, TlsFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from wegennet.fsc.trial.keys import Files
    from wegennet.fsc.wire.message import Headers

PARKING = "parking"
_PATIENCE = Timeouts(connect=5, head=20, idle=20)


@dataclass
class Answer:
    """What a client got."""

    status: int
    headers: Headers
    body: bytes
    trailers: Headers

    def header(self, name: bytes) -> bytes | None:
        """The value of a header that stands there at most once."""
        values = [value for field, value in self.headers if field == name]
        assert len(values) <= 1
        return values[0] if values else None

    @property
    def code(self) -> str | None:
        """The error, if it is one of FSC's."""
        code = self.header(b"fsc-error-code")
        return code.decode().removeprefix("ERROR_CODE_") if code else None


class Pki:
    """The group's CA and one for each peer; certificates in files."""

    def __init__(self, folder: Path, crl_url: str) -> None:
        self.folder = folder
        self._crl_url = crl_url
        self.group = Authority.root("Group")
        self.internal = {peer: Authority.root(f"Internal {peer}") for peer in (CONSUMER, PROVIDER)}
        for name, authority in (("group", self.group), *self.internal.items()):
            (folder / f"{name}.pem").write_bytes(chain_pem([authority.anchor]))

    def in_group(self, peer_id: str, name: str, *hosts: str, key: Any = None, under: Authority | None = None) -> Files:
        """A group certificate; a new one when it was made before."""
        subject = Subject(name, peer_id=peer_id, peer_name=f"Peer {peer_id}", hosts=hosts)
        return (
            (under or self.group).issue(subject, key=key, crl_url=self._crl_url).store(self.folder, f"{peer_id}-{name}")
        )

    def within(self, peer_id: str, name: str, *hosts: str) -> TlsFiles:
        """An internal certificate."""
        files = self.internal[peer_id].issue(Subject(name, hosts=hosts)).store(self.folder, f"{peer_id}-int-{name}")
        return TlsFiles(files.certificate, files.key, self.folder / f"{peer_id}.pem")

    def group_tls(self, files: Files) -> TlsFiles:
        """Files for TLS in the group."""
        return TlsFiles(files.certificate, files.key, self.folder / "group.pem")


class World:
    """Everything around an Inway and an Outway; these are started by a test that needs them."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.at = network.address
        self.pki = Pki(folder, f"http://{self.at(3, 1)}:8080/group.crl")
        self.lists = RevocationLists(self.pki.group)
        self.inway_address = f"https://{self.at(2, 4)}:8443"
        self.manager_address = f"https://{self.at(2, 1)}:8443"
        self.service = Service()
        self.logs = {CONSUMER: TransactionLog(), PROVIDER: TransactionLog()}
        self.controllers = {CONSUMER: Controller(), PROVIDER: Controller()}
        self.outway_files = self.pki.in_group(CONSUMER, "outway", self.at(1, 5))
        self.manager_files = self.pki.in_group(PROVIDER, "manager", self.at(2, 1))
        self.provider = ProvidingManager(self.issuer())
        self.consumer = ConsumingManager()
        self.consumer.grants = [grant(manager_address=self.manager_address)]
        self.offer(PARKING, f"http://{self.at(2, 6)}:8080")
        self.processes: dict[str, Process] = {}
        self._clients: list[ClientPool] = []

    def issuer(self) -> Issuer:
        """The provider's Manager with the key that is in its files."""
        keys = KeyPair.load(self.manager_files.certificate, self.manager_files.key)
        return replace(issuer(self.inway_address), keys=keys)

    def offer(self, name: str, url: str, protocol: str = "PROTOCOL_TCP_HTTP_1.1") -> None:
        """The provider offers a service by its Inway, instead of what it offered before."""
        self.controllers[PROVIDER].services = [{"name": name, "endpoint_url": url, "inway_address": self.inway_address}]
        self.provider.publications = [
            {
                "name": name,
                "protocol": protocol,
                "content_hash": "$1$1$x",
                "grant_hash": "$1$2$x",
                "directory_peer_id": CONSUMER,
            }
        ]

    async def open(self) -> None:
        """Starts what is around the gateways."""
        for number, peer in ((1, CONSUMER), (2, PROVIDER)):
            for component, fake in ((3, self.logs[peer]), (2, self.controllers[peer])):
                host = self.at(number, component)
                tls = ServerTls(self.pki.within(peer, f"c{component}", host), client_certificates=True)
                await fake.listen(host, 9443, tls)
        inside = ServerTls(self.pki.within(CONSUMER, "manager", self.at(1, 1)), client_certificates=True)
        await self.consumer.listen(self.at(1, 1), 9443, inside)
        outside = ServerTls(self.pki.group_tls(self.manager_files), client_certificates=True)
        await self.provider.listen(self.at(2, 1), 8443, outside)
        anybody = ServerTls(self.pki.within(PROVIDER, "manager", self.at(2, 1)), client_certificates=False)
        await self.provider.listen(self.at(2, 1), 9444, anybody)
        await self.service.listen(self.at(2, 6), 8080, None)
        await self.lists.listen(self.at(3, 1), 8080, None)

    async def stranger(self, files: Files, host: str) -> None:
        """The service is also served as if it were an Inway, with another certificate of the group."""
        await self.service.listen(host, 8443, ServerTls(self.pki.group_tls(files), client_certificates=True))

    async def inway(self, **settings: Any) -> Process:
        """Starts the provider's Inway."""
        files = self.pki.in_group(PROVIDER, "inway", self.at(2, 4))
        read = load(
            InwaySettings,
            **{
                **self._common(2, PROVIDER, "inway", files),
                "self_address": self.inway_address,
                "listen_address": f"{self.at(2, 4)}:8443",
                "manager_internal_unauthenticated_address": f"https://{self.at(2, 1)}:9444",
                # Anything but the system's roots, which take a quarter of a second to read.
                "tls_service_root_cert": self.pki.folder / "group.pem",
                **settings,
            },
        )
        return await self._started("inway", lambda process: start_inway(process, read))

    async def outway(self, **settings: Any) -> Process:
        """Starts the consumer's Outway."""
        read = load(
            OutwaySettings,
            **{
                **self._common(1, CONSUMER, "outway", self.outway_files),
                "listen_address": f"{self.at(1, 5)}:8080",
                "manager_internal_address": f"https://{self.at(1, 1)}:9443",
                "grant_links_cache_ttl": "1h",
                **settings,
            },
        )
        return await self._started("outway", lambda process: start_outway(process, read))

    async def stop(self, name: str) -> None:
        """Ends a gateway; requests under way may end first."""
        process = self.processes.pop(name)
        await process.drain(10)
        await process.close()

    async def _started(self, name: str, start: Callable[[Process], Coroutine[Any, Any, None]]) -> Process:
        process = self.processes[name] = Process()
        await start(process)
        process.monitoring.serving = True
        return process

    def _common(self, number: int, peer: str, name: str, files: Files) -> dict[str, Any]:
        inside = self.pki.within(peer, name, self.at(number, 9))
        return {
            "group_id": GROUP,
            "name": name,
            "controller_registration_api_address": f"https://{self.at(number, 2)}:9443",
            "tx_log_api_address": f"https://{self.at(number, 3)}:9443",
            "tls_root_cert": inside.roots,
            "tls_cert": inside.certificate,
            "tls_key": inside.key,
            "tls_group_root_cert": self.pki.folder / "group.pem",
            "tls_group_cert": files.certificate,
            "tls_group_key": files.key,
            "disable_crl_checks": True,
        }

    def claims_of_last(self) -> dict[str, Any]:
        """The claims of the token that the Service got last."""
        (header,) = self.service.headers(b"fsc-authorization")
        return tokens.read(header.decode().removeprefix("Bearer ")).as_json()

    def client(self, files: TlsFiles | None = None) -> ClientPool:
        """A client; with TLS when `files` are given."""
        pool = ClientPool(ClientTls(files) if files else None)
        self._clients.append(pool)
        return pool

    async def through_outway(self, target: bytes = b"/", headers: Headers | None = None, **options: Any) -> Answer:
        """A request of the consumer's application."""
        return await ask(self.client(), Origin("http", self.at(1, 5), 8080), target, headers, **options)

    async def at_inway(
        self, target: bytes = b"/", headers: Headers | None = None, *, files: Files | None = None, **options: Any
    ) -> Answer:
        """A request of the consumer's Outway, or with other certificates, straight at the Inway."""
        pool = self.client(self.pki.group_tls(files or self.outway_files))
        return await ask(pool, Origin("https", self.at(2, 4), 8443), target, headers, **options)

    def token(self, **claims: Any) -> str:
        """A token of the provider for the consumer's Outway."""
        client = KeyPair.load(self.outway_files.certificate, self.outway_files.key).certificate
        return self.provider.issuer.token(client, **claims)

    async def close(self) -> None:
        """Ends everything."""
        for pool in self._clients:
            await pool.close()
        for process in reversed(self.processes.values()):
            await process.drain(0)
            await process.close()
        own = (self.service, self.lists, self.provider, self.consumer)
        await asyncio.gather(*(fake.close() for fake in (*own, *self.logs.values(), *self.controllers.values())))


async def ask(
    pool: ClientPool,
    origin: Origin,
    target: bytes = b"/",
    headers: Headers | None = None,
    *,
    method: bytes = b"GET",
    body: bytes | AsyncIterable[bytes] | None = None,
    **options: Any,
) -> Answer:
    """One request, its answer read whole."""
    request = pool.request(origin, method, target, headers or [], body, timeout=_PATIENCE, **options)
    async with request as response:
        content = await read(response.body, 2**26)
        return Answer(response.status, response.headers, content, response.body.trailers)


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[World]:
    """A world on addresses of its own."""
    with Network() as network:
        world = World(network, folder)
        await world.open()
        try:
            yield world
        finally:
            await world.close()


def run(folder: Path, scenario: Callable[[World], Coroutine[Any, Any, None]], *, within: float = 30) -> None:
    """Runs a scenario in a world of its own, on the event loop that the processes use."""

    async def lived() -> None:
        async with asyncio.timeout(within), opened(folder) as world:
            await scenario(world)

    uvloop.run(lived())


async def until(true: Callable[[], Any], *, within: float = 10) -> None:
    """Waits until something has become true."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 - it is no event of ours
            await asyncio.sleep(0.01)


async def ready(process: Process) -> bool:
    """Whether a process says that it is ready."""
    request = Request(b"GET", b"/health/ready", b"", b"http", [], NO_BODY, "1.1", ClientInfo("127.0.0.1"))
    return (await process.monitoring(request)).status == 200


async def until_ready(process: Process, *, within: float = 10) -> None:
    """Waits until a process says that it is ready."""
    async with asyncio.timeout(within):
        while not await ready(process):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
