from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from wegennet.fsc.api.logging import LogsQuery
from wegennet.fsc.service import client as client_module
from wegennet.fsc.service.client import AnswerError, ApiClient, CallError, UnreachableError
from wegennet.fsc.wire.message import Request, Response
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


class Thing(BaseModel):
    name: str


JSON = [(b"content-type", b"application/json")]


class Backend:
    """A server that answers as the test says and keeps what it was asked."""

    def __init__(self, response: Response | Callable[[], Awaitable[Response]]) -> None:
        self.response = response
        self.requests: list[tuple[bytes, bytes, dict[bytes, bytes], bytes]] = []

    async def __call__(self, request: Request) -> Response:
        body = b"".join([part async for part in request.body])
        self.requests.append((request.method, request.target, dict(request.headers), body))
        return self.response if isinstance(self.response, Response) else await self.response()

    def call(self, act: Callable[[ApiClient], Awaitable[Any]], path: str = "/v1", seconds: float = 5.0) -> Any:
        async def run() -> Any:
            server, pool = Server(self), ClientPool()
            port = await server.listen("127.0.0.1", 0)
            try:
                return await act(ApiClient(pool, f"http://127.0.0.1:{port}{path}", seconds=seconds))
            finally:
                await pool.close()
                await server.drain(0)

        return asyncio.run(run())


def test_an_answer_is_a_model() -> None:
    backend = Backend(Response(200, JSON, b'{"name": "a"}'))
    assert backend.call(lambda client: client.get("/things", Thing)) == Thing(name="a")
    assert backend.requests[0][:2] == (b"GET", b"/v1/things")


def test_a_query_has_its_lists_with_commas() -> None:
    backend = Backend(Response(200, JSON, b'{"name": "a"}'))
    query = LogsQuery(grant_hash=["$1$3$a", "$1$3$b"], after=5)
    backend.call(lambda client: client.get("/logs", Thing, query=query))
    assert backend.requests[0][1] == b"/v1/logs?after=5&grant_hash=%241%243%24a,%241%243%24b"


def test_a_model_is_posted_as_json() -> None:
    backend = Backend(Response(201, JSON, b'{"name": "b"}'))
    answer = backend.call(lambda client: client.post("/things", Thing(name="a"), Thing, headers={"Fsc-X": "1"}))
    method, _, headers, body = backend.requests[0]
    assert answer == Thing(name="b")
    assert (method, body, headers[b"content-type"], headers[b"fsc-x"]) == (
        b"POST",
        b'{"name":"a"}',
        b"application/json",
        b"1",
    )


def test_an_empty_answer_is_enough_for_a_put() -> None:
    assert Backend(Response(204)).call(lambda client: client.put("/things/a", {"size": 1})) is None


def test_an_error_has_the_servers_sentence_and_code() -> None:
    body = b'{"message": "This is group a.", "domain": "ERROR_DOMAIN_MANAGER", "code": "ERROR_CODE_INCORRECT_GROUP_ID"}'
    with pytest.raises(AnswerError, match=r"GET http://.*/things was answered with 422: This is group a\.") as caught:
        Backend(Response(422, JSON, body)).call(lambda client: client.get("/things", Thing))
    assert (caught.value.status, caught.value.code) == (422, "ERROR_CODE_INCORRECT_GROUP_ID")


@pytest.mark.parametrize(("status", "retryable"), [(400, False), (422, False), (429, True), (500, True), (503, True)])
def test_a_fault_of_the_server_may_pass(status: int, retryable: bool) -> None:
    with pytest.raises(AnswerError) as caught:
        Backend(Response(status, [], b"<html>")).call(lambda client: client.get("/things", Thing))
    assert caught.value.retryable == retryable
    assert caught.value.reason == ""


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"name": 5}', b'{"name": "a", "name": "b"}', b'{"other": "a"}'])
def test_an_answer_that_cannot_be_read_is_an_error(body: bytes) -> None:
    with pytest.raises(UnreachableError, match="cannot be read"):
        Backend(Response(200, JSON, body)).call(lambda client: client.get("/things", Thing))


def test_an_answer_that_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LARGEST_ANSWER", 10)
    with pytest.raises(UnreachableError, match="is larger than 10 bytes"):
        Backend(Response(200, JSON, b'{"name": "a"}')).call(lambda client: client.get("/things", Thing))


def test_a_server_that_takes_too_long_is_given_up() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    async def respond() -> Response:
        return Response(200, JSON, trickle())

    with pytest.raises(UnreachableError, match="took longer than"):
        Backend(respond).call(lambda client: client.get("/things", Thing), seconds=0.1)


def test_a_server_that_is_not_there_is_named() -> None:
    async def run() -> None:
        pool = ClientPool()
        try:
            await ApiClient(pool, "http://127.0.0.1:1").get("/v1/things", Thing)
        finally:
            await pool.close()

    with pytest.raises(CallError, match=r"GET http://127\.0\.0\.1:1/v1/things failed: ") as caught:
        asyncio.run(run())
    assert caught.value.retryable
