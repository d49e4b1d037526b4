"""The Manager of a test's own peer: shows its keys, and keeps whatever others send it."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from support.openapi import exchanges, noted, official
from support.openapi.document import Asked
from wegennet.fsc.core import jwks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path
    from types import TracebackType

    from wegennet.fsc.core.certificates import KeyPair
    from wegennet.fsc.trial.keys import Files

EMPTY = {"contracts": [], "pagination": {"next_cursor": ""}}


@dataclass
class Inbox:
    """What others sent: contents with signatures, signatures by path, and the headers of what was read, by path."""

    contracts: list[dict[str, Any]] = field(default_factory=list)
    signatures: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    reads: list[tuple[str, Message]] = field(default_factory=list)


class Mailbox(ThreadingHTTPServer):
    """Listens on port 8443 with mutual TLS, from entering the context to leaving it.

    What it is asked has to be as the OpenAPI documents of a Manager say.

    Args:
        address: loopback address.
        anchor: the group's trust anchor.
        files: its certificate.
        keys: what it shows in its key set.
    """

    daemon_threads = True

    def __init__(self, address: str, anchor: Path, files: Files, keys: KeyPair) -> None:
        super().__init__((address, 8443), _Handler)
        self.inbox = Inbox()
        self.shown = [keys]
        self.url = f"https://{address}:8443"
        self.broken = threading.Event()
        """While it is set, everything is answered with 503 and nothing is kept."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(anchor))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(files.certificate, files.key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @contextmanager
    def showing(self, pair: KeyPair) -> Iterator[None]:
        """Shows one more certificate meanwhile."""
        self.shown.append(pair)
        try:
            yield
        finally:
            self.shown.remove(pair)

    def __enter__(self) -> Mailbox:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: Mailbox

    def do_GET(self) -> None:
        self._check(b"")
        self.server.inbox.reads.append((self.path, self.headers))
        if self.path == "/v1/.well-known/jwks.json":
            self._answer(200, jwks.jwk_set([pair.chain for pair in self.server.shown]))
        elif self.path.startswith("/v1/contracts"):
            self._answer(200, EMPTY)
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        body = self._body()
        if not self.server.broken.is_set():
            self.server.inbox.contracts.append(body)
        self._answer(201, None)

    def do_PUT(self) -> None:
        body = self._body()
        if body is not None and not self.server.broken.is_set():
            self.server.inbox.signatures.append((self.path, body))
        self._answer(201 if body else 200, None)

    def _body(self) -> Any:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._check(data)
        return json.loads(data) if data else None

    def _check(self, body: bytes) -> None:
        if not self.path.startswith("/v1/"):
            return  # it is asked as an Inway
        headers = {name.lower(): value for name, value in self.headers.items()}
        with noted.noting():
            exchanges.check_request(official.OURS, Asked(self.command, self.path, headers, body))

    def _answer(self, status: int, body: Any) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(503 if self.server.broken.is_set() else status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: what came in is in the inbox."""
