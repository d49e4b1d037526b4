"""Server and client together, over sockets: what one sends is what the other sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.wire import Ca, echo, mutual, run, serving

from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.message import Request, Response
from wegennet.fsc.wire.pool import ClientPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"piece"


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Ca:
    return Ca(tmp_path_factory.mktemp("ca"))


@pytest.mark.parametrize("body", [b"", b"some octets", b"x" * 1_000_000])
def test_a_body_of_octets_comes_back(body: bytes) -> None:
    async def scenario() -> None:
        pool = ClientPool()
        async with serving() as origin, pool.request(origin, b"POST", b"/", body=body) as response:
            assert await read(response.body, 1 << 20) == body

    run(scenario)


def test_a_body_of_chunks_comes_back() -> None:
    async def scenario() -> None:
        pool = ClientPool()
        async with serving() as origin, pool.request(origin, b"POST", b"/", body=pieces(1000)) as response:
            assert await read(response.body, 1 << 20) == b"piece" * 1000

    run(scenario)


def test_trailers_go_both_ways() -> None:
    async def mirror(request: Request) -> Response:
        return Response(200, [], request.body, trailers=lambda: request.body.trailers)

    async def scenario() -> None:
        pool = ClientPool()
        sums = [(b"x-sum", b"15")]
        async with (
            serving(mirror) as origin,
            pool.request(origin, b"POST", b"/", body=pieces(3), trailers=lambda: sums) as response,
        ):
            assert (await read(response.body, 100), response.body.trailers) == (b"piece" * 3, sums)

    run(scenario)


def test_the_handler_sees_the_client_certificate_and_its_chain(ca: Ca) -> None:
    async def names(request: Request) -> Response:
        client = request.client
        return Response(200, [], b"%d %d" % (client.chain_der[0] == client.certificate_der, len(client.chain_der)))

    async def scenario() -> None:
        server, client = mutual(ca)
        pool = ClientPool(client)
        async with serving(names, tls=server) as origin, pool.request(origin, b"GET", b"/") as response:
            assert await read(response.body, 100) == b"1 2"

    run(scenario)


def test_the_client_sees_the_server_certificate(ca: Ca) -> None:
    async def scenario() -> None:
        server, client = mutual(ca)
        pool = ClientPool(client)
        async with serving(echo, tls=server) as origin, pool.request(origin, b"GET", b"/") as response:
            assert response.certificate_der

    run(scenario)
