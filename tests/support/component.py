"""A component as a real process, with internal certificates of a CA of its own, on free ports of loopback."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg import sql

from support.openapi import exchanges
from support.openapi.document import Answered, Asked
from support.waiting import eventually
from wegennet.fsc.trial.keys import chain_pem
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


APIS = {
    ("controller", "LISTEN_ADDRESS_REGISTRATION_API"): "controller-registration",
    ("controller", "LISTEN_ADDRESS_ADMINISTRATION_API"): "controller-administration",
    ("txlog-api", "LISTEN_ADDRESS"): "txlog-api",
}
"""The document of each API, by component and listener."""


@dataclass
class InternalPki:
    """The internal CA of a peer; every certificate is for 127.0.0.1 and localhost."""

    folder: Path
    authority: Authority = field(default_factory=lambda: Authority.root("internal"))

    def __post_init__(self) -> None:
        self.roots = self.folder / "root.pem"
        self.roots.write_bytes(chain_pem([self.authority.anchor]))
        self.server = self.store("server")
        self.client = self.store("client")

    def store(self, name: str, authority: Authority | None = None) -> tuple[Path, Path]:
        """Certificate and key of a new certificate, of this authority unless another is given."""
        issued = (authority or self.authority).issue(Subject(name, hosts=("localhost", "127.0.0.1")))
        files = issued.store(self.folder, name)
        return files.certificate, files.key

    def variables(self) -> dict[str, str]:
        """What a component reads."""
        certificate, key = self.server
        return {"TLS_ROOT_CERT": str(self.roots), "TLS_CERT": str(certificate), "TLS_KEY": str(key)}

    def context(self, pair: tuple[Path, Path] | None) -> ssl.SSLContext:
        """The TLS of a client that shows a certificate, or none."""
        context = ssl.create_default_context(cafile=str(self.roots))
        if pair:
            context.load_cert_chain(*pair)
        return context


@dataclass
class Answer:
    """An answer of an API."""

    status: int
    headers: dict[str, str]
    body: Any


class Component:
    """A process of `fsc`; `listeners` names the variables of its addresses."""

    def __init__(self, command: list[str], variables: dict[str, str], listeners: list[str], log: Path) -> None:
        self.ports = {name: free_port() for name in [*listeners, "MONITORING_ADDRESS"]}
        self._name = command[0]
        self._command = [sys.executable, "-m", "wegennet.fsc", *command]
        self._variables = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()} | variables
        self._log = log
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Starts it, without waiting."""
        with self._log.open("ab") as output:
            environment = {"PATH": os.environ["PATH"], **self._variables}
            self.process = subprocess.Popen(self._command, env=environment, stdout=output, stderr=output)

    def until_ready(self) -> None:
        """Waits until it says that it is ready."""
        eventually(self.ready, within=30)

    def ready(self) -> bool:
        """Whether it says that it is ready."""
        assert self.process.poll() is None, self.output()
        try:
            return self.monitoring("/health/ready").status == http.client.OK
        except OSError:
            return False

    def monitoring(self, path: str) -> Answer:
        """An answer of its monitoring."""
        return _ask(http.client.HTTPConnection("127.0.0.1", self.ports["MONITORING_ADDRESS"], timeout=10), "GET", path)

    def metrics(self) -> dict[str, float]:
        """The values of its metrics, by name and labels."""
        lines = [line for line in self.monitoring("/metrics").body.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def call(self, listener: str, context: ssl.SSLContext, method: str, path: str, body: Any = None) -> Answer:
        """An answer of one of its APIs."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.ports[listener], timeout=10, context=context)
        return _ask(connection, method, path, body, APIS[self._name, listener])

    def output(self) -> str:
        """All that it logged."""
        return self._log.read_text()

    def events(self) -> list[dict[str, Any]]:
        """Its log lines."""
        return [json.loads(line) for line in self.output().splitlines() if line.startswith("{")]

    def terminate(self) -> int:
        """Ends it in good order; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.wait()


class Components:
    """Starts processes of one command; at the end those that still run are killed.

    Args:
        command: such as `["txlog-api", "serve"]`.
        listeners: the variables of its addresses.
        variables: what all of them read.
        folder: for their logs.
    """

    def __init__(self, command: list[str], listeners: list[str], variables: dict[str, str], folder: Path) -> None:
        self._command = command
        self._listeners = listeners
        self._variables = variables
        self._folder = folder
        self._started: list[Component] = []

    def __call__(self, **variables: str) -> Component:
        """Starts one, without waiting."""
        log = self._folder / f"{self._command[0]}-{len(self._started)}.log"
        one = Component(self._command, self._variables | variables, self._listeners, log)
        self._started.append(one)
        one.start()
        return one

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for one in self._started:
            if one.process.poll() is None:
                one.kill()


def empty(dsn: str, *tables: str) -> None:
    """Empties tables."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        names = sql.SQL(", ").join(sql.Identifier(table) for table in tables)
        connection.execute(sql.SQL("TRUNCATE {}").format(names))


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any = None, api: str | None = None
) -> Answer:
    """Asks; an exchange with one of the APIs has to be as its document says."""
    sent = {} if body is None else {"content-type": "application/json"}
    content = b"" if body is None else json.dumps(body).encode()
    try:
        connection.request(method, path, content or None, sent)
        response = connection.getresponse()
        answered = response.read()
    finally:
        connection.close()
    headers = {name.lower(): value for name, value in response.getheaders()}
    if api:
        exchanges.check(api, Asked(method, path, sent, content), Answered(response.status, headers, answered))
    is_json = headers.get("content-type", "").startswith("application/json")
    return Answer(response.status, headers, json.loads(answered) if is_json else answered.decode())
