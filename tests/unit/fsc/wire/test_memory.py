"""Large bodies pass through in bounded memory, whoever is the slower one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from support.wire import Way, run

from wegennet.fsc.wire.message import Origin, Request, Response
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wegennet.fsc.wire.message import Handler

MIB = 1024 * 1024
SIZE = 128 * MIB
CHUNK = bytes(256 * 1024)
# One body in flight at every place at once: buffers of sockets, TLS and streams, of two connections in one process.
BOUND = 24 * MIB


def resident() -> int:
    """Memory of this process, in octets."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


async def large(size: int = SIZE) -> AsyncIterator[bytes]:
    for _ in range(size // len(CHUNK)):
        yield CHUNK


async def mirror(request: Request) -> Response:
    return Response(200, [], request.body)


def relay(way: Way, pool: ClientPool, port: int) -> Handler:
    """A proxy to a server on `port`."""
    origin = Origin("https" if way.client_tls else "http", "127.0.0.1", port)

    async def handler(request: Request) -> Response:
        exchange = pool.request(origin, request.method, request.target, body=request.body, protocol=way.protocol)
        answer = await exchange.open()
        return Response(answer.status, [], answer.body, release=exchange.release)

    return handler


async def used_by(body: AsyncIterator[bytes]) -> tuple[int, int]:
    """Length of a body, and by how much memory grew at most meanwhile."""
    size, before, most = 0, resident(), 0
    async for chunk in body:
        size += len(chunk)
        most = max(most, resident())
    return size, most - before


def test_a_large_body_goes_to_and_fro_through_a_proxy(way: Way) -> None:
    async def scenario() -> None:
        backend, pool = Server(mirror, way.server_tls), ClientPool(way.client_tls)
        port = await backend.listen("127.0.0.1", 0)
        async with (
            way.meet(relay(way, pool, port)) as client,
            client.request(b"POST", body=large()) as response,
        ):
            size, grown = await used_by(aiter(response.body))
            assert (size, grown < BOUND) == (SIZE, True), grown
        await pool.close()
        await backend.drain(0)

    run(scenario, 120)


def test_a_slow_reader_holds_back_the_whole_way(way: Way) -> None:
    async def scenario() -> None:
        produced = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal produced
            async for chunk in large():
                produced += len(chunk)
                yield chunk

        async with way.meet(mirror) as client, client.request(b"POST", body=counted()) as response:
            await anext(aiter(response.body))
            before = -1
            while before != produced:
                before = produced
                await asyncio.sleep(0.05)
            assert produced < 64 * MIB

    run(scenario, 30)
