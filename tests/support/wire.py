"""Servers, clients and throw-away certificates for tests of the wire."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.message import Headers, Origin, Request, Response
from wegennet.fsc.wire.pool import ClientPool, Exchange
from wegennet.fsc.wire.server import Server
from wegennet.fsc.wire.tls import ClientTls, ServerTls, TlsFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from wegennet.fsc.wire.limits import Limits
    from wegennet.fsc.wire.message import Handler
    from wegennet.fsc.wire.tls import Choice

_USAGE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
DAY = datetime.timedelta(days=1)


def run(scenario: Callable[[], Coroutine[Any, Any, None]], seconds: float = 20) -> None:
    """Runs a scenario on the event loop that the processes use."""

    async def within() -> None:
        await asyncio.wait_for(scenario(), seconds)

    uvloop.run(within())


@dataclass
class Ca:
    """A certificate authority of which only the test knows."""

    folder: Path
    name: str = "Test CA"

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        self._certificate = (
            _builder(subject, subject, self._key.public_key(), DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.roots = self.folder / "roots.pem"
        self.roots.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, hosts: tuple[str, ...] = ("127.0.0.1",), valid: datetime.timedelta = DAY) -> TlsFiles:
        """A certificate and key in files; an expired one for a `valid` below zero."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            _builder(subject, self._certificate.subject, key.public_key(), valid)
            .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        files = TlsFiles(self.folder / f"{name}.pem", self.folder / f"{name}.key", self.roots)
        write(files, certificate.public_bytes(serialization.Encoding.PEM), key)
        return files


def write(files: TlsFiles, certificate: bytes, key: ec.EllipticCurvePrivateKey) -> None:
    """Writes a pair."""
    assert files.certificate is not None
    assert files.key is not None
    files.certificate.write_bytes(certificate)
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid: datetime.timedelta
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * DAY)
        .not_valid_after(now + valid)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


async def echo(request: Request) -> Response:
    """Answers with the request's body."""
    return Response(200, [(b"x-target", request.target)], await read(request.body, 1 << 30))


@contextlib.asynccontextmanager
async def serving(
    handler: Handler = echo, *, tls: ServerTls | None = None, limits: Limits | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Origin]:
    """A server on a free port of loopback."""
    server = Server(handler, tls, limits)
    port = await server.listen(host, 0)
    try:
        yield Origin("https" if tls else "http", host, port)
    finally:
        await server.drain(0)


@dataclass
class Way:
    """A protocol, and TLS or not."""

    protocol: Choice
    server_tls: ServerTls | None
    client_tls: ClientTls | None

    @contextlib.asynccontextmanager
    async def meet(self, handler: Handler = echo, limits: Limits | None = None) -> AsyncIterator[Client]:
        """A server, and a client of it."""
        pool = ClientPool(self.client_tls)
        async with serving(handler, tls=self.server_tls, limits=limits) as origin:
            yield Client(pool, origin, self.protocol)
            await pool.close()


@dataclass
class Client:
    """A client of one server."""

    pool: ClientPool
    origin: Origin
    protocol: Choice

    def request(self, method: bytes = b"GET", target: bytes = b"/", **options: Any) -> Exchange:
        """A request to it."""
        return self.pool.request(self.origin, method, target, protocol=self.protocol, **options)

    async def get(self, method: bytes = b"GET", target: bytes = b"/", **options: Any) -> tuple[int, bytes]:
        """Status and body of an answer."""
        async with self.request(method, target, **options) as response:
            return response.status, await read(response.body, 1 << 30)


def mutual(ca: Ca) -> tuple[ServerTls, ClientTls]:
    """Both sides of TLS with client certificates."""
    return ServerTls(ca.issue("server"), client_certificates=True), ClientTls(ca.issue("client"))


class Raw:
    """A client that sends octets as they are given."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Sends octets."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> tuple[int, Headers]:
        """Reads the head of an answer."""
        lines = (await self.reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        fields = [line.split(b": ", 1) for line in lines[1:]]
        return int(lines[0].split(b" ")[1]), [(name, value) for name, value in fields]

    async def answer(self) -> tuple[int, Headers, bytes]:
        """Reads an answer with a length."""
        status, headers = await self.head()
        return status, headers, await self.reader.readexactly(int(dict(headers).get(b"content-length", b"0")))

    async def rest(self) -> bytes:
        """Reads until the server closes."""
        return await self.reader.read()


@contextlib.asynccontextmanager
async def raw(origin: Origin, **options: Any) -> AsyncIterator[Raw]:
    """A connection for octets as they are given."""
    reader, writer = await asyncio.open_connection(origin.host, origin.port, **options)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def sent(origin: Origin, data: bytes) -> bytes:
    """All that a server answers to these octets until it closes."""
    async with raw(origin) as connection:
        await connection.send(data)
        return await connection.rest()


def statuses(answers: bytes) -> list[int]:
    """Status of each answer in a row of them."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]
