"""Clients and services that break HTTP, or say it so that two readers could read it differently."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from support.gateways.requests import fsc
from support.gateways.world import PARKING, World, run

from wegennet.fsc.wire.tls import ClientTls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
TWO_WAYS = {
    "length and chunks": HEAD + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: 36\r\n\r\n" + SMUGGLED,
    "a list of lengths": HEAD + b"Content-Length: 0, 36\r\n\r\n" + SMUGGLED,
    "a signed length": HEAD + b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "an unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a folded line": HEAD + b"X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
    "a bare line feed": HEAD + b"X-A: b\nTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
    "a bare carriage return": HEAD + b"X-A: b\rTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
    "two hosts": HEAD + b"Host: y\r\n\r\n" + SMUGGLED,
    "a NUL": HEAD + b"X-A: b\x00c\r\n\r\n" + SMUGGLED,
    "a target with a space": b"GET /a /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
}


async def both(world: World) -> None:
    """Starts an Inway and an Outway."""
    await world.inway()
    await world.outway()


async def exchanged(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], data: bytes) -> bytes:
    """What comes back until the other side closes."""
    reader, writer = connection
    writer.write(data)
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), 5)
    return b""


@pytest.mark.parametrize("data", TWO_WAYS.values(), ids=TWO_WAYS)
def test_what_can_be_read_in_two_ways_does_not_pass_the_outway(tmp_path: Path, data: bytes) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await exchanged(await asyncio.open_connection(world.at(1, 5), 8080), data)
        assert (answer[9:12] in (b"400", b"501"), world.service.asked) == (True, [])

    run(tmp_path, scenario)


@pytest.mark.parametrize("data", TWO_WAYS.values(), ids=TWO_WAYS)
def test_what_can_be_read_in_two_ways_does_not_pass_the_inway(tmp_path: Path, data: bytes) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        valid = b"".join(b"%b: %b\r\n" % header for header in fsc(world))
        context = ClientTls(world.pki.group_tls(world.outway_files)).context("1.1")
        host = world.at(2, 4)
        connection = await asyncio.open_connection(host, 8443, ssl=context, server_hostname=host)
        answer = await exchanged(connection, data.replace(b"Host: x\r\n", b"Host: x\r\n" + valid, 1))
        assert (answer[9:12] in (b"400", b"501"), world.service.asked) == (True, [])

    run(tmp_path, scenario)


def test_a_header_that_hides_in_another_does_not_pass(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        request = b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\xc4\x8aFsc-Authorization: forged\r\nConnection: close\r\n\r\n"
        await exchanged(await asyncio.open_connection(world.at(1, 5), 8080), request)
        assert [value for _, value in world.service.last.headers if value == b"forged"] == []

    run(tmp_path, scenario)


@contextlib.asynccontextmanager
async def backend(world: World, answer: bytes) -> AsyncIterator[None]:
    """A service that answers with these octets, whatever it is asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    world.offer(PARKING, f"http://{world.at(2, 7)}:8080")
    async with await asyncio.start_server(serve, world.at(2, 7), 8080):
        yield


def test_an_answer_before_the_answer_is_passed_over(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        early = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
        async with backend(world, early + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"):
            await both(world)
            answer = await world.through_outway()
            assert (answer.status, answer.body, answer.header(b"link")) == (200, b"ok", None)

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
    ids=["nothing", "no HTTP", "two lengths", "length and chunks", "another protocol", "a head too long"],
)
def test_a_service_that_breaks_http_is_unreachable(tmp_path: Path, octets: bytes) -> None:
    async def scenario(world: World) -> None:
        async with backend(world, octets):
            await both(world)
            answer = await world.through_outway()
            assert (answer.status, answer.code) == (502, "SERVICE_UNREACHABLE")

    run(tmp_path, scenario)


def test_what_a_service_sends_after_its_answer_is_no_answer_to_the_next_request(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        two = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        async with backend(world, two):
            await both(world)
            assert {(await world.through_outway()).body for _ in range(3)} == {b"ok"}

    run(tmp_path, scenario)


def test_a_peer_is_not_told_what_another_ones_service_is_made_of(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        async with backend(world, b"SSH-2.0-OpenSSH_9.2\r\n"):
            await both(world)
            answer = await world.through_outway()
            assert b"SSH" not in answer.body

    run(tmp_path, scenario)
