"""HTTPS servers that a test plays, and a client."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from support.openapi import exchanges, noted
from support.openapi.document import Answered
from support.openapi.document import Asked as Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wegennet.fsc.trial.keys import Files


APIS = {8443: "manager-external", 9443: "manager-internal", 9444: "manager-unauthenticated"}
"""The documents of a Manager's APIs, by port."""


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error, which header and body agree on."""
        assert self.json["code"] == self.headers["fsc-error-code"]
        assert self.json["domain"] == "ERROR_DOMAIN_MANAGER"
        return str(self.json["code"]).removeprefix("ERROR_CODE_")


@dataclass(frozen=True)
class Caller:
    """Calls servers with a certificate (or none), and trusts those of one authority."""

    files: Files | None
    anchor: Path

    def __call__(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """Makes a call of a Manager; `body` is JSON, `raw` is sent as it is.

        The exchange has to be as the API's document says.
        """
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = http.client.HTTPSConnection(parts.netloc, timeout=30, context=self._context())
        content = raw if raw is not None else None if body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **(headers or {})}
        try:
            # A server that refuses a body need not read all of it before it answers.
            with suppress(ssl.SSLEOFError, ConnectionError):
                connection.request(method, target, content, given)
            answer = connection.getresponse()
            answered = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()
        asked = Request(method, target, {k.lower(): v for k, v in given.items()}, content or b"")
        exchanges.check(APIS[parts.port or 0], asked, Answered(answered.status, answered.headers, answered.body))
        return answered

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.anchor)
        if self.files is not None:
            context.load_cert_chain(self.files.certificate, self.files.key)
        return context


@dataclass(frozen=True)
class Asked:
    """A request that a played server got."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any


@dataclass
class Server:
    """A server on a loopback address that asks clients for a certificate; `answer` gives status and JSON.

    What it is asked has to be as the document `api` says, if there is one.
    """

    host: str
    port: int
    files: Files
    anchor: Path
    answer: Callable[[Asked], tuple[int, Any]]
    api: str | None = None
    asked: list[Asked] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> Self:
        """Serves, from when this returns."""
        self._server = _Server((self.host, self.port), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files.certificate, self.files.key)
        context.load_verify_locations(self.anchor)
        context.verify_mode = ssl.CERT_REQUIRED
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Serves no more; connections that were kept are cut."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            for connection in self._server.connections:
                _cut(connection)
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *given: Any) -> None:
        self.connections: list[Any] = []
        super().__init__(*given)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def handle_error(self, *_: Any) -> None:
        pass


def _cut(connection: Any) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _handler(played: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            if played.api:
                with noted.noting():
                    exchanges.check_request(played.api, Request(self.command, self.path, headers, content))
            asked = Asked(self.command, path, query, headers, json.loads(content) if content else None)
            status, value = played.answer(asked)
            played.asked.append(asked)
            answered = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        do_PUT = do_POST = do_GET  # noqa: N815 (the library's names)

    return Handler
