"""A Service of a test: it remembers what it was asked, and answers with it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message
    from types import TracebackType


@dataclass(frozen=True)
class Received:
    """A request that came in."""

    method: str
    path: str
    headers: Message
    body: bytes


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Nothing: a client that went away is the test's doing."""


class Backend:
    """An HTTP server of this process.

    Attributes:
        received: grows with each request.
        look: called with each request before it is answered, for what has to be so at that moment.
    """

    def __init__(self, address: str) -> None:
        self.received: list[Received] = []
        self.look: Callable[[Received], None] = lambda _: None
        self._server = _Quiet((address, 0), self._handler())
        self.url = f"http://{address}:{self._server.server_port}"

    def __enter__(self) -> Backend:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self, path: str) -> list[Received]:
        """The requests that came for this path."""
        return [request for request in self.received if request.path == path]

    @contextmanager
    def looking(self, look: Callable[[Received], None]) -> Iterator[None]:
        """Has something looked at while requests are in the backend."""
        self.look = look
        try:
            yield
        finally:
            self.look = lambda _: None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        backend = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Received(self.command, self.path, self.headers, body)
                backend.received.append(request)
                backend.look(request)
                answer = json.dumps({"path": self.path, "length": len(body)}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Nothing: what came in is in `received`."""

        return Handler
