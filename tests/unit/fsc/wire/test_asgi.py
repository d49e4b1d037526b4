"""ASGI applications behind the server."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from support.wire import Ca, mutual, raw, run, sent, serving, statuses

from wegennet.fsc.wire.asgi import asgi_handler
from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.pool import ClientPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    import pytest


def application() -> FastAPI:
    app = FastAPI()

    @app.post("/echo/{name}")
    async def echo(name: str, request: Request) -> dict[str, Any]:
        return {"name": name, "query": dict(request.query_params), "body": (await request.body()).decode()}

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"part"

        return StreamingResponse(parts())

    @app.get("/broken")
    async def broken() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"part"
            raise RuntimeError("broken")

        return StreamingResponse(parts())

    @app.get("/certificate")
    async def certificate(request: Request) -> dict[str, Any]:
        tls = request.scope["extensions"]["tls"]
        same = request.state.client.chain_der[0] == request.state.client.certificate_der
        return {"chain": len(tls["client_cert_chain"]), "version": tls["tls_version"], "same": same}

    return app


def answer(method: bytes, target: bytes, **options: Any) -> bytes:
    result = b""

    async def scenario() -> None:
        nonlocal result
        async with (
            serving(asgi_handler(application())) as origin,
            ClientPool().request(origin, method, target, **options) as response,
        ):
            result = await read(response.body, 1000)

    run(scenario)
    return result


def test_path_query_and_body_reach_the_application() -> None:
    assert answer(b"POST", b"/echo/a%20b?c=d", body=b"body") == b'{"name":"a b","query":{"c":"d"},"body":"body"}'


def test_a_streamed_answer_comes_in_chunks() -> None:
    assert answer(b"GET", b"/stream") == b"partpartpart"


def test_an_answer_that_breaks_off_is_no_complete_answer() -> None:
    async def scenario() -> None:
        async with serving(asgi_handler(application())) as origin, raw(origin) as connection:
            await connection.send(b"GET /broken HTTP/1.1\r\nHost: a\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert not (await connection.rest()).endswith(b"0\r\n\r\n")

    run(scenario)


def test_the_client_certificate_is_in_the_scope(tmp_path: Path) -> None:
    async def scenario() -> None:
        server, client = mutual(Ca(tmp_path))
        async with (
            serving(asgi_handler(application()), tls=server) as origin,
            ClientPool(client).request(origin, b"GET", b"/certificate") as response,
        ):
            assert await read(response.body, 1000) == b'{"chain":2,"version":772,"same":true}'

    run(scenario)


def until_stopped(started: asyncio.Event, stopped: asyncio.Event) -> Callable[..., Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        started.set()
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    return app


def test_an_application_is_stopped_when_its_client_goes_away() -> None:
    async def scenario() -> None:
        started, stopped = asyncio.Event(), asyncio.Event()
        async with serving(asgi_handler(until_stopped(started, stopped))) as origin:
            async with raw(origin) as connection:
                await connection.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                await started.wait()
            await stopped.wait()

    run(scenario)


def test_a_failure_of_the_application_is_not_told_outside(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("a secret")

    async def scenario() -> None:
        async with serving(asgi_handler(app)) as origin, ClientPool().request(origin, b"GET", b"/") as response:
            assert (response.status, await read(response.body, 100)) == (500, b"internal server error\n")

    run(scenario)


def test_what_an_application_does_after_its_answer_is_not_cut_off() -> None:
    async def scenario() -> None:
        done = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(3):
                await send({"type": "http.response.body", "body": b"part", "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            await asyncio.sleep(0.05)
            done.set()

        async with serving(asgi_handler(app)) as origin, ClientPool().request(origin, b"GET", b"/") as response:
            assert await read(response.body, 100) == b"partpartpart"
            await done.wait()

    run(scenario)


def test_an_application_whose_streamed_answer_is_left_is_stopped() -> None:
    async def scenario() -> None:
        stopped = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            try:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                while True:
                    await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            finally:
                stopped.set()

        async with serving(asgi_handler(app)) as origin:
            async with ClientPool().request(origin, b"GET", b"/"):
                pass
            await stopped.wait()

    run(scenario)


def test_a_body_that_breaks_off_is_answered_as_the_server_does() -> None:
    async def scenario() -> None:
        async with serving(asgi_handler(application())) as origin:
            start = b"POST /echo/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            assert statuses(await sent(origin, start + b"nonsense")) == [400]

    run(scenario)
