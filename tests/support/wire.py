"""Servers, clients and throw-away certificates for tests of the wire."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import datetime
import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hpack import Decoder, Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

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
    issuer: Ca | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        above = self.issuer.subject if self.issuer else subject
        self._certificate = (
            _builder(subject, above, self._key.public_key(), DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.issuer._key if self.issuer else self._key, hashes.SHA256())
        )
        self.subject = subject
        self.roots = self.folder / "roots.pem"
        self.roots.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        name: str,
        *,
        hosts: tuple[str, ...] = ("127.0.0.1",),
        valid: datetime.timedelta = DAY,
        password: bytes | None = None,
    ) -> TlsFiles:
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
        locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        octets = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
        (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(octets)
        return files


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


@dataclass
class H2Answer:
    """What came in on a stream."""

    status: int = 0
    data: bytes = b""
    fields: Headers = field(default_factory=list)
    ended: bool = False
    code: int | None = None
    window: int = 65535


class H2Raw:
    """A client of HTTP/2 that sends any frame, whether the rules allow it or not."""

    def __init__(self, connection: Raw) -> None:
        self._raw = connection
        self._encoder = Encoder()
        self._decoder = Decoder()
        self._next = 1
        self._window = 65535
        self._streams: dict[int, H2Answer] = collections.defaultdict(H2Answer)
        self._gone: int | None = None
        self._settled = False

    def encode(self, fields: Headers) -> bytes:
        """A header block."""
        return bytes(self._encoder.encode(fields))

    async def octets(self, data: bytes) -> None:
        """Sends octets."""
        await self._raw.send(data)

    async def frames(self, *frames: Frame) -> None:
        """Sends frames."""
        await self._raw.send(b"".join(frame.serialize() for frame in frames))

    async def headers(self, stream: int, fields: Headers, *, end: bool) -> None:
        """Sends a header block."""
        flags = ["END_HEADERS", "END_STREAM"] if end else ["END_HEADERS"]
        await self.frames(HeadersFrame(stream, self.encode(fields), flags=flags))

    async def request(self, fields: Headers, *, end: bool = True) -> int:
        """Opens a stream."""
        stream, self._next = self._next, self._next + 2
        await self.headers(stream, fields, end=end)
        return stream

    async def send(self, stream: int, data: bytes) -> None:
        """Sends a body as fast as the windows allow."""
        while data:
            size = min(len(data), 16384, self._window, self._streams[stream].window)
            if size <= 0:
                assert await self._frame()
                continue
            await self.frames(DataFrame(stream, data[:size]))
            data = data[size:]
            self._window -= size
            self._streams[stream].window -= size
        await self.frames(DataFrame(stream, b"", flags=["END_STREAM"]))

    async def answer(self, stream: int) -> tuple[int, bytes]:
        """Status and body of an answer."""
        answer = self._streams[stream]
        while not answer.ended and answer.code is None and await self._frame():
            pass
        return answer.status, answer.data

    async def end_of(self, stream: int) -> int | None:
        """Error code with which the server resets a stream."""
        answer = self._streams[stream]
        while answer.code is None and await self._frame():
            pass
        return answer.code

    async def goaway(self) -> int | None:
        """Error code with which the server ends the connection; None when it only closes."""
        with contextlib.suppress(OSError):
            while self._gone is None and await self._frame():
                pass
        return self._gone

    async def take_in(self) -> None:
        """Reads what has arrived."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                while await self._frame():
                    pass

    async def settle(self) -> None:
        """Waits until the server has seen that its settings are known."""
        await self.frames(PingFrame(0, b"settled!"))
        self._settled = False
        while not self._settled and await self._frame():
            pass

    async def _frame(self) -> bool:
        try:
            header = await self._raw.reader.readexactly(9)
        except asyncio.IncompleteReadError:
            return False
        frame, length = Frame.parse_frame_header(memoryview(header))
        frame.parse_body(memoryview(await self._raw.reader.readexactly(length)))
        await self._act(frame)
        return True

    async def _act(self, frame: Frame) -> None:
        answer = self._streams[frame.stream_id]
        match frame:
            case HeadersFrame():
                answer.fields = [
                    (bytes(name), bytes(value)) for name, value in self._decoder.decode(frame.data, raw=True)
                ]
                answer.status = int(dict(answer.fields).get(b":status", answer.status))
            case DataFrame(data=data) if data:
                answer.data += data
                await self._open_windows(frame.stream_id, frame.flow_controlled_length)
            case RstStreamFrame():
                answer.code = frame.error_code
            case GoAwayFrame():
                self._gone = frame.error_code
            case WindowUpdateFrame(stream_id=0):
                self._window += frame.window_increment
            case WindowUpdateFrame():
                answer.window += frame.window_increment
            case SettingsFrame() if "ACK" not in frame.flags:
                await self.frames(SettingsFrame(0, flags=["ACK"]))
            case PingFrame():
                self._settled = True
        answer.ended = answer.ended or "END_STREAM" in frame.flags

    async def _open_windows(self, stream: int, size: int) -> None:
        await self.frames(*(WindowUpdateFrame(which, window_increment=size) for which in (0, stream)))


@contextlib.asynccontextmanager
async def h2_raw(origin: Origin | tuple[str, int], *, settled: bool = True) -> AsyncIterator[H2Raw]:
    """A connection with prior knowledge of HTTP/2; `settled` when both sides know the other's settings."""
    host, port = origin if isinstance(origin, tuple) else (origin.host, origin.port)
    async with raw(Origin("http", host, port), limit=1 << 20) as connection:
        client = H2Raw(connection)
        await client.octets(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize())
        if settled:
            await client.settle()
        yield client


@contextlib.asynccontextmanager
async def scripted(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]], **options: Any
) -> AsyncIterator[Origin]:
    """A server that does with each connection what the test says."""
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, **options)
    try:
        yield Origin("https" if options.get("ssl") else "http", "127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tasks:
            task.cancel()
