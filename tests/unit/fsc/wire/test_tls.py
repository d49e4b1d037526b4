"""TLS: who is let in, which versions and ciphers, and certificates that change while connections are open."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
from support.wire import DAY, Ca, echo, mutual, run, scripted, serving

from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.errors import TlsError, TlsFilesError, WireError
from wegennet.fsc.wire.limits import Limits
from wegennet.fsc.wire.message import Origin, Request, Response
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.server import Server
from wegennet.fsc.wire.tls import ClientTls, ServerTls, TlsFiles

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def get(pool: ClientPool, origin: Origin) -> bytes:
    async with pool.request(origin, b"GET", b"/") as response:
        return await read(response.body, 1000)


async def show(request: Request) -> Response:
    """The certificate of the client, and how long its chain is."""
    client = request.client
    assert client.certificate_der == client.chain_der[0]
    return Response(200, [(b"x-chain", b"%d" % len(client.chain_der))], client.certificate_der or b"")


def der(files: TlsFiles) -> bytes:
    assert files.certificate is not None
    return ssl.PEM_cert_to_DER_cert(files.certificate.read_text())


def test_the_handler_sees_the_certificate_of_the_client_and_its_chain(ca: Ca) -> None:
    async def scenario() -> None:
        server, client = mutual(ca)
        async with serving(show, tls=server) as origin, ClientPool(client).request(origin, b"GET", b"/") as response:
            assert await read(response.body, 10_000) == der(TlsFiles(ca.folder / "client.pem"))
            assert dict(response.headers)[b"x-chain"] == b"2"

    run(scenario)


def test_the_client_sees_the_certificate_of_the_server(ca: Ca) -> None:
    async def scenario() -> None:
        server, client = mutual(ca)
        async with serving(tls=server) as origin, ClientPool(client).request(origin, b"GET", b"/") as response:
            assert response.certificate_der == der(TlsFiles(ca.folder / "server.pem"))

    run(scenario)


def refused(server: ServerTls, client: ClientTls, match: str = ".") -> None:
    """The client gets no answer, and no handler sees it."""

    async def scenario() -> None:
        handled = 0

        async def count(request: Request) -> Response:
            nonlocal handled
            handled += 1
            return Response(200)

        async with serving(count, tls=server) as origin:
            with pytest.raises(TlsError, match=match):
                await get(ClientPool(client), origin)
        assert handled == 0

    run(scenario)


def test_a_client_without_a_certificate_is_refused(ca: Ca) -> None:
    refused(mutual(ca)[0], ClientTls(TlsFiles(roots=ca.roots)), "CERTIFICATE_REQUIRED")


def test_a_client_under_another_authority_is_refused(ca: Ca, tmp_path: Path) -> None:
    other = Ca(tmp_path, "Another CA").issue("client")
    refused(mutual(ca)[0], ClientTls(TlsFiles(other.certificate, other.key, ca.roots)), "UNKNOWN_CA")


def test_a_client_under_an_authority_of_the_same_name_is_refused(ca: Ca, tmp_path: Path) -> None:
    other = Ca(tmp_path).issue("client")
    refused(mutual(ca)[0], ClientTls(TlsFiles(other.certificate, other.key, ca.roots)))


def test_a_client_whose_certificate_has_expired_is_refused(ca: Ca) -> None:
    refused(mutual(ca)[0], ClientTls(ca.issue("expired", valid=-DAY)), "EXPIRED")


def test_a_server_under_another_authority_is_refused(ca: Ca, tmp_path: Path) -> None:
    other = ServerTls(Ca(tmp_path, "Another CA").issue("server"), client_certificates=False)
    refused(other, mutual(ca)[1], "not accepted")


def test_a_server_whose_certificate_has_expired_is_refused(ca: Ca) -> None:
    refused(ServerTls(ca.issue("old", valid=-DAY), client_certificates=False), mutual(ca)[1], "expired")


@pytest.mark.parametrize("hosts", [("127.0.0.2",), ("localhost",), ("127.0.0.1.example",)])
def test_a_server_whose_certificate_does_not_name_the_address_is_refused(ca: Ca, hosts: tuple[str, ...]) -> None:
    refused(ServerTls(ca.issue("named", hosts=hosts), client_certificates=False), mutual(ca)[1], "mismatch")


def test_a_name_in_the_common_name_only_does_not_count(ca: Ca) -> None:
    refused(ServerTls(ca.issue("127.0.0.1", hosts=("a",)), client_certificates=False), mutual(ca)[1], "mismatch")


def test_a_host_name_is_checked_against_the_names_of_the_certificate(ca: Ca) -> None:
    async def scenario() -> None:
        server = ServerTls(ca.issue("local", hosts=("localhost",)), client_certificates=False)
        async with serving(tls=server) as origin:
            assert await get(ClientPool(mutual(ca)[1]), Origin("https", "localhost", origin.port)) == b""

    run(scenario)


def test_an_intermediate_among_the_roots_is_a_trust_anchor(tmp_path: Path) -> None:
    async def scenario() -> None:
        top = Ca(tmp_path / "top", "Top")
        middle = Ca(tmp_path / "middle", "Middle", issuer=top)
        server = ServerTls(middle.issue("server"), client_certificates=True)
        client = ClientTls(middle.issue("client"))
        async with serving(tls=server) as origin:
            assert await get(ClientPool(client), origin) == b""

    run(scenario)


# Versions and ciphers.


def handshake(origin: Origin, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A handshake by OpenSSL itself."""
    connection = context.wrap_socket(socket.create_connection((origin.host, origin.port), 5))
    connection.settimeout(5)
    return connection


def insecure() -> ssl.SSLContext:
    """A client that would take anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def agreed(ca: Ca, context: ssl.SSLContext) -> tuple[str | None, str]:
    """Version and cipher that a server of ours agrees on."""
    result: list[tuple[str | None, str]] = []

    async def scenario() -> None:
        async with serving(tls=ServerTls(ca.issue("server"), client_certificates=False)) as origin:

            def connect() -> None:
                with handshake(origin, context) as connection:
                    result.append((connection.version(), connection.cipher()[0]))  # type: ignore[index]

            await asyncio.to_thread(connect)

    run(scenario)
    return result[0]


def test_tls_1_3_is_what_both_choose(ca: Ca) -> None:
    assert agreed(ca, insecure())[0] == "TLSv1.3"


def test_tls_1_2_is_possible_with_ecdhe_and_aead(ca: Ca) -> None:
    context = insecure()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    version, cipher = agreed(ca, context)
    assert (version, cipher.startswith("ECDHE-"), "GCM" in cipher or "CHACHA20" in cipher) == ("TLSv1.2", True, True)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_older_versions_are_refused(ca: Ca, version: str) -> None:
    context = insecure()
    context.maximum_version = ssl.TLSVersion[version]
    with pytest.raises(ssl.SSLError):
        agreed(ca, context)


@pytest.mark.parametrize(
    "ciphers",
    ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ARIA"],
)
def test_other_ciphers_are_refused(ca: Ca, ciphers: str) -> None:
    context = insecure()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        agreed(ca, context)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_a_client_of_ours_refuses_an_older_server(ca: Ca) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(ca.folder / "server.pem", ca.folder / "server.key")
        async with scripted(serve, ssl=context) as origin:
            with pytest.raises(TlsError):
                await get(ClientPool(mutual(ca)[1]), origin)

    run(scenario)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_ticket_is_given(ca: Ca, version: ssl.TLSVersion) -> None:
    async def scenario() -> None:
        async with serving(tls=ServerTls(ca.issue("server"), client_certificates=False)) as origin:
            context = insecure()
            context.maximum_version = version

            def connect() -> bool:
                with handshake(origin, context) as connection:
                    connection.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    while connection.recv(65536):
                        pass
                    return connection.session is not None and connection.session.has_ticket

            assert not await asyncio.to_thread(connect)

    run(scenario)


def test_a_session_that_is_resumed_by_its_id_still_has_certificate_and_chain(ca: Ca) -> None:
    """TLS 1.2 keeps sessions in the server's memory, and Python cannot turn that off."""

    async def scenario() -> None:
        async with serving(show, tls=mutual(ca)[0]) as origin:
            context = insecure()
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(ca.folder / "client.pem", ca.folder / "client.key")

            def exchange(session: ssl.SSLSession | None) -> tuple[ssl.SSLSession | None, bool | None, bytes]:
                plain = socket.create_connection((origin.host, origin.port), 5)
                with context.wrap_socket(plain, session=session) as connection:
                    connection.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    answer = b""
                    while data := connection.recv(65536):
                        answer += data
                    return connection.session, connection.session_reused, answer

            session, _, first = await asyncio.to_thread(exchange, None)
            _, _, second = await asyncio.to_thread(exchange, session)
            certificate = der(TlsFiles(ca.folder / "client.pem"))
            assert (first.endswith(certificate), second.endswith(certificate)) == (True, True)

    run(scenario)


def test_a_handshake_that_does_not_come_to_an_end_is_given_up(ca: Ca) -> None:
    async def scenario() -> None:
        server = ServerTls(ca.issue("server"), client_certificates=False)
        async with serving(tls=server, limits=Limits(handshake=0.2)) as origin:
            reader, writer = await asyncio.open_connection(origin.host, origin.port)
            writer.write(b"\x16\x03\x01\x02\x00")
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()

    run(scenario, 5)


def test_a_failed_handshake_leaves_room_for_others(ca: Ca) -> None:
    async def scenario() -> None:
        server, client = mutual(ca)
        stranger = ClientTls(TlsFiles(roots=ca.roots))
        async with serving(tls=server, limits=Limits(connections=1)) as origin:
            for _ in range(3):
                with pytest.raises(WireError):
                    await get(ClientPool(stranger), origin)
            assert await get(ClientPool(client), origin) == b""

    run(scenario)


# Certificates that change.


def renew(ca: Ca, files: TlsFiles, name: str) -> None:
    """Puts another certificate and key into the files, and makes sure that their times differ."""
    other = ca.issue(name)
    for source, target in ((other.certificate, files.certificate), (other.key, files.key)):
        assert source is not None
        assert target is not None
        target.write_bytes(source.read_bytes())
        touch(target)


def touch(path: Path) -> None:
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))


def test_a_server_takes_up_a_new_certificate_without_losing_connections(ca: Ca) -> None:
    async def scenario() -> None:
        clock, files = Clock(), ca.issue("changing")
        server = Server(echo, ServerTls(files, client_certificates=False, clock=clock))
        port = await server.listen("127.0.0.1", 0)
        origin, before = Origin("https", "127.0.0.1", port), der(files)
        old, new = ClientPool(mutual(ca)[1]), ClientPool(mutual(ca)[1])
        async with old.request(origin, b"GET", b"/") as response:
            assert response.certificate_der == before
        renew(ca, files, "changed")
        clock.now += 2
        async with new.request(origin, b"GET", b"/") as response:
            assert response.certificate_der == der(files) != before
        async with old.request(origin, b"GET", b"/") as response:
            assert response.certificate_der == before
        await server.drain(0)

    run(scenario)


def test_a_client_shows_its_new_certificate_on_the_next_request(ca: Ca) -> None:
    async def scenario() -> None:
        clock, files = Clock(), ca.issue("changing client")
        pool = ClientPool(ClientTls(files, clock=clock))
        async with serving(show, tls=mutual(ca)[0]) as origin:
            assert await get_all(pool, origin) == der(files)
            renew(ca, files, "changed client")
            clock.now += 2
            assert await get_all(pool, origin) == der(files)

    run(scenario)


async def get_all(pool: ClientPool, origin: Origin) -> bytes:
    async with pool.request(origin, b"GET", b"/") as response:
        return await read(response.body, 100_000)


def test_files_are_looked_at_once_a_second(ca: Ca) -> None:
    clock, files = Clock(), ca.issue("looked at")
    tls = ServerTls(files, client_certificates=False, clock=clock)
    context = tls.context()
    renew(ca, files, "looked at again")
    clock.now += 0.5
    assert tls.context() is context
    clock.now += 0.6
    assert tls.context() is not context


def test_a_pair_that_is_half_written_leaves_the_former_in_use(ca: Ca, caplog: pytest.LogCaptureFixture) -> None:
    clock, files = Clock(), ca.issue("half")
    tls = ServerTls(files, client_certificates=False, clock=clock)
    context, other = tls.context(), ca.issue("other half")
    assert files.certificate is not None
    assert other.certificate is not None
    files.certificate.write_bytes(other.certificate.read_bytes())
    touch(files.certificate)
    for _ in range(3):
        clock.now += 2
        assert tls.context() is context
    assert caplog.text.count("cannot be used yet") == 1


def test_a_pair_is_taken_up_when_its_second_half_comes(ca: Ca) -> None:
    clock, files = Clock(), ca.issue("halves")
    tls = ServerTls(files, client_certificates=False, clock=clock)
    context, other = tls.context(), ca.issue("other halves")
    for source, target in ((other.certificate, files.certificate), (other.key, files.key)):
        assert source is not None
        assert target is not None
        target.write_bytes(source.read_bytes())
        touch(target)
        clock.now += 2
        taken_up = tls.context() is not context
    assert taken_up


def test_files_that_are_gone_leave_the_former_in_use(ca: Ca) -> None:
    clock, files = Clock(), ca.issue("gone")
    tls = ServerTls(files, client_certificates=False, clock=clock)
    context = tls.context()
    assert files.key is not None
    files.key.unlink()
    clock.now += 2
    assert tls.context() is context


def test_new_roots_are_taken_up(ca: Ca, tmp_path: Path) -> None:
    async def scenario() -> None:
        clock, other = Clock(), Ca(tmp_path / "other", "Other")
        pair = ca.issue("rooted")
        files = TlsFiles(pair.certificate, pair.key, tmp_path / "roots.pem")
        assert files.roots is not None
        files.roots.write_bytes(ca.roots.read_bytes())
        stranger = other.issue("client")
        pool = ClientPool(ClientTls(TlsFiles(stranger.certificate, stranger.key, ca.roots)))
        async with serving(tls=ServerTls(files, client_certificates=True, clock=clock)) as origin:
            with pytest.raises(TlsError):
                await get(pool, origin)
            files.roots.write_bytes(ca.roots.read_bytes() + other.roots.read_bytes())
            clock.now += 2
            assert await get(pool, origin) == b""

    run(scenario)


# Files that cannot be used.


def test_missing_files_are_named(ca: Ca, tmp_path: Path) -> None:
    missing = TlsFiles(tmp_path / "no.pem", tmp_path / "no.key", ca.roots)
    with pytest.raises(TlsFilesError, match=r"no\.pem .*No such file"):
        ServerTls(missing, client_certificates=True)


def test_a_key_of_another_certificate_is_named(ca: Ca) -> None:
    one, other = ca.issue("one"), ca.issue("another")
    with pytest.raises(TlsFilesError, match=r"another\.key cannot be used: key values mismatch"):
        ServerTls(TlsFiles(one.certificate, other.key, ca.roots), client_certificates=True)


def test_an_encrypted_key_is_refused_instead_of_asked_for(ca: Ca, tmp_path: Path) -> None:
    files = ca.issue("locked", password=b"secret")
    with pytest.raises(TlsFilesError, match=r"locked\.key cannot be used"):
        ClientTls(files)


def test_roots_that_are_none_are_named(ca: Ca, tmp_path: Path) -> None:
    files = ca.issue("unrooted")
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(TlsFilesError, match=r"empty\.pem cannot be used"):
        ServerTls(TlsFiles(files.certificate, files.key, empty), client_certificates=True)


def test_client_certificates_need_roots(ca: Ca) -> None:
    files = ca.issue("rootless")
    with pytest.raises(TlsFilesError, match="roots are needed"):
        ServerTls(TlsFiles(files.certificate, files.key), client_certificates=True)


def test_a_server_needs_a_certificate(ca: Ca) -> None:
    with pytest.raises(TlsFilesError, match="needs a certificate"):
        ServerTls(TlsFiles(roots=ca.roots), client_certificates=True)
