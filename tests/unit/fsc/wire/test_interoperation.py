"""Other implementations at the other end: curl (nghttp2), aiohttp."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from support.wire import Ca, mutual, run, serving

from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.message import Origin, Response
from wegennet.fsc.wire.pool import ClientPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wegennet.fsc.wire.message import Request

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
BODY = bytes(range(256)) * 4000


async def mirror(request: Request) -> Response:
    return Response(200, [], request.body)


def curl(origin: Origin, *options: str, data: bytes = BODY) -> bytes:
    """What curl gets for a POST, after its line of version and status."""
    command = ["curl", "--silent", "--show-error", "--max-time", "10", "--write-out", "%{stderr}%{http_version}"]
    upload = ["--data-binary", "@-", f"{origin}/path"]
    done = subprocess.run([*command, *options, *upload], input=data, capture_output=True, check=True)
    return done.stderr + b" " + done.stdout


@needs_curl
@pytest.mark.parametrize(
    ("options", "version"),
    [
        (["--http1.1"], b"1.1"),
        (["--http1.1", "--header", "Transfer-Encoding: chunked"], b"1.1"),
        (["--http1.1", "--header", "Expect: 100-continue"], b"1.1"),
        (["--http1.0"], b"1.1"),
        (["--http2"], b"1.1"),
        (["--http2-prior-knowledge"], b"2"),
    ],
)
def test_curl_in_the_clear(options: list[str], version: bytes) -> None:
    async def scenario() -> None:
        async with serving(mirror) as origin:
            assert await asyncio.to_thread(curl, origin, *options) == version + b" " + BODY

    run(scenario)


@needs_curl
@pytest.mark.parametrize(("option", "version"), [("--http1.1", b"1.1"), ("--http2", b"2")])
@pytest.mark.parametrize("tls", ["--tls-max 1.2", "--tlsv1.3"])
def test_curl_with_tls_and_a_client_certificate(ca: Ca, option: str, version: bytes, tls: str) -> None:
    async def scenario() -> None:
        server, _ = mutual(ca)
        files = ["--cacert", f"{ca.roots}", "--cert", f"{ca.folder}/client.pem", "--key", f"{ca.folder}/client.key"]
        async with serving(mirror, tls=server) as origin:
            answer = await asyncio.to_thread(curl, origin, option, *tls.split(), *files)
            assert answer == version + b" " + BODY

    run(scenario)


@needs_curl
def test_curl_is_told_why_it_is_refused(ca: Ca) -> None:
    async def scenario() -> None:
        async with serving(mirror, tls=mutual(ca)[0]) as origin:
            with pytest.raises(subprocess.CalledProcessError) as refused:
                await asyncio.to_thread(curl, origin, "--cacert", f"{ca.roots}")
            assert b"certificate required" in refused.value.stderr

    run(scenario)


def test_aiohttp_as_client() -> None:
    async def scenario() -> None:
        async with serving() as origin, aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.post(f"{origin}/", data=BODY) as response:
                    assert await response.read() == BODY

    run(scenario)


def test_aiohttp_as_server() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        async for chunk in request.content.iter_any():
            await response.write(chunk)
        return response

    async def chunks() -> AsyncIterator[bytes]:
        for place in range(0, len(BODY), 10_000):
            yield BODY[place : place + 10_000]

    async def scenario() -> None:
        app = web.Application()
        app.router.add_post("/", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        pool = ClientPool()
        for body in (BODY, chunks()):
            async with pool.request(Origin("http", "127.0.0.1", port), b"POST", b"/", body=body) as response:
                assert await read(response.body, 1 << 21) == BODY
        await runner.cleanup()

    run(scenario)
