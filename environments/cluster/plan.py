"""What the node's supervisor has to run, as data that passes from the command to the supervisor in a file.

Only the standard library: the supervisor imports this and has to stay small.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 1.0
"""Seconds that one probe may take: a component that is up answers within milliseconds."""


@dataclass(frozen=True)
class Probe:
    """One question to a component: an URL that answers 200, or a socket that takes a connection.

    Attributes:
        url: asked with GET; without `ca` a server's self-made certificate is accepted (loopback only).
        socket: path of a unix socket.
        ca: path of the authority that signed the server's certificate.
        certificate: path of the client's certificate, with its `key`.
        key: path of the client's key.
    """

    url: str = ""
    socket: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""

    def passes(self) -> bool:
        """Asks once; every failure means "not yet"."""
        try:
            return self._connects() if self.socket else self._answers()
        except (OSError, http.client.HTTPException):
            return False

    def _connects(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(self.socket)
        return True

    def _answers(self) -> bool:
        connection = self._connection()
        try:
            parts = urlsplit(self.url)
            connection.request("GET", parts.path)
            return connection.getresponse().status == http.HTTPStatus.OK
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 0
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=_PATIENCE)
        return http.client.HTTPSConnection(host, port, timeout=_PATIENCE, context=self._tls())

    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca:
            context.load_verify_locations(self.ca)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True)
class Process:
    """One process of the node.

    Attributes:
        name: also the name of its log.
        argv: program and arguments, paths as the node sees them.
        ready: passes once the process serves.
        after: processes that must have been ready before.
        starts_when: passes once the process may start.
        inputs: digest of the files that the arguments name; another digest means a restart.
    """

    name: str
    argv: tuple[str, ...]
    ready: Probe
    after: tuple[str, ...] = ()
    starts_when: Probe | None = None
    inputs: str = ""


def dump(processes: list[Process]) -> str:
    """The plan as JSON."""
    return json.dumps([asdict(process) for process in processes], indent=1) + "\n"


def load(path: Path) -> list[Process]:
    """Reads a plan that `dump` wrote."""
    return [_process(item) for item in json.loads(path.read_text())]


def _process(item: dict[str, Any]) -> Process:
    starts_when = item["starts_when"]
    return Process(
        name=item["name"],
        argv=tuple(item["argv"]),
        ready=Probe(**item["ready"]),
        after=tuple(item["after"]),
        starts_when=Probe(**starts_when) if starts_when else None,
        inputs=item["inputs"],
    )
