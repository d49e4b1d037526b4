"""Runs an ASGI 3 application (FastAPI) as a handler; its requests know the client's certificate."""

from __future__ import annotations

import asyncio
import logging
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from wegennet.fsc.wire.body import BodyStream, NoBody
from wegennet.fsc.wire.errors import RequestBodyError
from wegennet.fsc.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping

    from wegennet.fsc.wire.message import ClientInfo, Handler, Headers, Request

    Message = MutableMapping[str, Any]
    App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

_log = logging.getLogger(__name__)

_VERSIONS: Final = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


def asgi_handler(app: App) -> Handler:
    """A handler that runs `app` for each request. The application's lifespan is not run.

    The scope has `state["client"]` (ClientInfo) and, with TLS, the extension `tls`.
    """

    async def handle(request: Request) -> Response:
        return await _Run(app, request).response()

    return handle


class _Run:
    """One request in the application, in a task of its own because it may go on after its answer."""

    _tasks: Final[set[asyncio.Task[None]]] = set()

    def __init__(self, app: App, request: Request) -> None:
        self._app = app
        self._request = request
        self._unread = True
        self._status = 0
        self._headers: Headers = []
        self._answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._chunks: asyncio.Queue[bytes | Exception | None] | None = None
        self._ended = False
        self._over = asyncio.Event()
        self._task: asyncio.Task[None]

    async def response(self) -> Response:
        """The application's answer, as soon as its first octets are there."""
        self._task = asyncio.create_task(self._run())
        self._tasks.add(self._task)
        self._task.add_done_callback(self._tasks.discard)
        try:
            return await self._answer
        except asyncio.CancelledError:
            self._release()
            raise

    async def _run(self) -> None:
        try:
            await self._app(_scope(self._request), self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - whatever an application raises
            await self._fail(error)
        else:
            if not self._ended:
                await self._fail(RuntimeError("the application ended before its answer was complete"))

    async def _fail(self, error: Exception) -> None:
        if self._ended:
            _log.error("The application failed after its answer", exc_info=error)
        elif self._over.is_set():
            return
        elif not self._answer.done():
            self._answer.set_exception(error)
        elif self._chunks is not None:
            self._ended = True
            await self._chunks.put(error)

    async def _receive(self) -> Message:
        if not self._unread:
            await self._over.wait()
            return {"type": "http.disconnect"}
        body = self._request.body
        whole = body.whole() if isinstance(body, (BodyStream, NoBody)) else None
        if whole is not None:
            self._unread = False
            return {"type": "http.request", "body": whole, "more_body": False}
        try:
            chunk = await anext(aiter(body), b"")
        except RequestBodyError as error:
            self._unread = False
            await self._fail(error)
            return {"type": "http.disconnect"}
        self._unread = chunk != b""
        return {"type": "http.request", "body": chunk, "more_body": self._unread}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            await self._send_body(message.get("body", b""), more=message.get("more_body", False))

    async def _send_body(self, data: bytes, *, more: bool) -> None:
        if self._chunks is None and not more:
            self._ended = True
            self._give(Response(self._status, self._headers, bytes(data), release=self._release))
            return
        if self._chunks is None:
            self._chunks = asyncio.Queue(1)
            self._give(Response(self._status, self._headers, self._stream(self._chunks), release=self._release))
        if data:
            await self._chunks.put(bytes(data))
        if not more:
            self._ended = True
            await self._chunks.put(None)

    def _give(self, response: Response) -> None:
        if not self._answer.done():
            self._answer.set_result(response)

    async def _stream(self, chunks: asyncio.Queue[bytes | Exception | None]) -> AsyncIterator[bytes]:
        while (item := await chunks.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    def _release(self) -> None:
        """The answer was sent or given up; an application that is still making it is stopped."""
        self._over.set()
        if not self._ended:
            self._task.cancel()
        elif self._chunks is not None and not self._chunks.empty():
            # What nobody takes any more must not hold up what the application does after its answer.
            self._chunks.get_nowait()


def _scope(request: Request) -> Message:
    path, _, query = request.target.partition(b"?")
    client = request.client
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": request.version,
        "method": request.method.decode("ascii"),
        "scheme": request.scheme.decode("ascii"),
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": _with_host(request),
        "client": (client.address, client.port),
        "server": client.server,
        "state": {"client": client},
        "extensions": {"tls": _tls(client)} if client.tls_version else {},
    }


def _with_host(request: Request) -> Headers:
    """HTTP/2 has the host in a pseudo-field; applications look for it among the fields."""
    if any(name == b"host" for name, _ in request.headers):
        return request.headers
    return [(b"host", request.authority), *request.headers]


# A client makes many requests with one certificate.
_pem: Final = lru_cache(256)(ssl.DER_cert_to_PEM_cert)


def _tls(client: ClientInfo) -> Message:
    return {
        "server_cert": None,
        "client_cert_chain": list(map(_pem, client.chain_der)),
        "client_cert_name": None,
        "client_cert_error": None,
        "tls_version": _VERSIONS.get(client.tls_version or ""),
        "cipher_suite": None,
    }
