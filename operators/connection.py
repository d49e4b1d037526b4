"""How the operator reaches the API server: from inside the cluster, or by a kubeconfig outside it."""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.client_middlewares import ClientHandlerType

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_REQUEST_TIMEOUT: Final = 30.0
"""Seconds for one request; watches set their own."""

_TOKEN_LIFE: Final = 60.0
"""Seconds that a token read from its file is used before it is read again: the kubelet rotates it."""


@dataclass(frozen=True)
class Connection:
    """An API server and how to authenticate to it: by the certificate in `tls`, or by the token in a file."""

    server: str
    tls: ssl.SSLContext
    token_file: Path | None = None

    def session(self, connections: int) -> aiohttp.ClientSession:
        """A session of at most `connections` connections at once; it follows a rotated token."""
        return aiohttp.ClientSession(
            self.server,
            connector=aiohttp.TCPConnector(limit=connections, ssl=self.tls),
            middlewares=(_Bearer(self.token_file),) if self.token_file else (),
            headers={"User-Agent": "wegennet-operator"},
            timeout=aiohttp.ClientTimeout(total=_REQUEST_TIMEOUT),
        )


class _Bearer:
    """Client middleware that sends the token of a file, read anew every minute."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._token = ""
        self._read = -_TOKEN_LIFE

    async def __call__(self, request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        if time.monotonic() - self._read >= _TOKEN_LIFE:
            self._token = self._file.read_text().strip()
            self._read = time.monotonic()
        request.headers["Authorization"] = f"Bearer {self._token}"
        return await handler(request)


def connect() -> Connection:
    """The connection of the pod that this runs in, else the one of the kubeconfig that KUBECONFIG names."""
    if host := os.environ.get("KUBERNETES_SERVICE_HOST"):
        port = os.environ.get("KUBERNETES_SERVICE_PORT_HTTPS", "443")
        tls = ssl.create_default_context(cafile=str(_SERVICE_ACCOUNT / "ca.crt"))
        return Connection(f"https://{host}:{port}", tls, _SERVICE_ACCOUNT / "token")
    return from_kubeconfig(Path(os.environ.get("KUBECONFIG", "~/.kube/config")).expanduser())


def from_kubeconfig(file: Path) -> Connection:
    """The connection of a kubeconfig's current context, authenticated by client certificate or token file."""
    config = yaml.safe_load(file.read_text())
    context = _named(config["contexts"], config["current-context"])["context"]
    cluster = _named(config["clusters"], context["cluster"])["cluster"]
    user = _named(config["users"], context["user"])["user"]
    tls = ssl.create_default_context(cadata=_content(cluster, "certificate-authority", file.parent))
    if "client-certificate" in user or "client-certificate-data" in user:
        _load_client_certificate(tls, user, file.parent)
    token_file = Path(user["tokenFile"]) if "tokenFile" in user else None
    return Connection(cluster["server"], tls, token_file)


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["name"] == name)


def _content(holder: Mapping[str, str], field: str, folder: Path) -> str:
    if data := holder.get(f"{field}-data"):
        return base64.b64decode(data).decode()
    return (folder / holder[field]).read_text()


def _load_client_certificate(tls: ssl.SSLContext, user: Mapping[str, str], folder: Path) -> None:
    """`ssl` loads a client's key from a file only: it goes through one that nobody else can read."""
    pem = _content(user, "client-certificate", folder) + "\n" + _content(user, "client-key", folder)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as private:
        private.write(pem)
        private.flush()
        tls.load_cert_chain(private.name)
