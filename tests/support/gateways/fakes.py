"""The components around an Inway and an Outway, as simple as tests need them; each can be made to fail."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography import x509

from support.openapi import exchanges, noted
from support.openapi.document import Answered, Asked
from wegennet.fsc.core import jwks
from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.message import Response
from wegennet.fsc.wire.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from support.gateways.peers import Issuer
    from wegennet.fsc.api.manager_internal import OutwayService
    from wegennet.fsc.trial.pki import Authority
    from wegennet.fsc.wire.message import Headers, Request
    from wegennet.fsc.wire.tls import ServerTls


class Fake:
    """A server. While `away` it answers 503, while `hangs` nothing at all; `asked` holds what came in.

    An exchange with one that plays one of our components has to be as the document says that `api` gives for a path.
    """

    def api(self, path: str) -> str | None:  # noqa: ARG002
        """The document of what is at a path, if there is one."""
        return None

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.away = False
        self.hangs = False
        self._servers: list[Server] = []

    async def listen(self, host: str, port: int, tls: ServerTls | None) -> None:
        """Listens; may be called again."""
        server = Server(self._handle, tls)
        await server.listen(host, port)
        self._servers.append(server)

    async def close(self) -> None:
        """Ends at once."""
        await asyncio.gather(*(server.drain(0) for server in self._servers))

    async def _handle(self, request: Request) -> Response:
        path = unquote(urlsplit(request.target.decode()).path)
        self.asked.append((request.method.decode(), path))
        if self.hangs:
            await asyncio.Event().wait()
        document = self.api(path)
        if document is None:
            return await self._answer(request, path)
        content = await read(request.body, 2**24)
        answer = await self._answer(replace(request, body=_Kept(content)), path)
        with noted.noting():
            _check(document, request, content, answer)
        return answer

    async def _answer(self, request: Request, path: str) -> Response:
        if self.away:
            away = {"message": "away", "code": "ERROR_CODE_UNAVAILABLE", "domain": "ERROR_DOMAIN_MANAGER"}
            return as_json(away, 503, [(b"fsc-error-code", b"ERROR_CODE_UNAVAILABLE")])
        return await self.answer(request, path)

    async def answer(self, request: Request, path: str) -> Response:
        """The answer while nothing is wrong."""
        raise NotImplementedError


class _Kept:
    """A body that was read."""

    def __init__(self, content: bytes) -> None:
        self.trailers: Headers = []
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


def _check(document: str, request: Request, content: bytes, answer: Response) -> None:
    asked = Asked(request.method.decode(), request.target.decode(), _texts(request.headers), content)
    assert isinstance(answer.body, bytes)
    exchanges.check_request(document, asked)
    exchanges.check(document, asked, Answered(answer.status, _texts(answer.headers), answer.body))


def _texts(headers: Headers) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in headers}


class TransactionLog(Fake):
    """Keeps the records that it is given."""

    def api(self, path: str) -> str:  # noqa: ARG002
        """That of the transaction log."""
        return "txlog-api"

    def __init__(self) -> None:
        super().__init__()
        self.records: list[dict[str, Any]] = []
        self.batches: list[int] = []

    async def answer(self, request: Request, path: str) -> Response:  # noqa: ARG002
        """Stores or lists."""
        if request.method == b"POST":
            records = json.loads(await read(request.body, 2**24))["records"]
            self.batches.append(len(records))
            self.records += records
            return Response(201)
        return as_json({"records": [], "pagination": {"next_cursor": ""}})


class Controller(Fake):
    """Knows services; keeps what registers."""

    def api(self, path: str) -> str:  # noqa: ARG002
        """That for Inways and Outways."""
        return "controller-registration"

    def __init__(self) -> None:
        super().__init__()
        self.services: list[dict[str, str]] = []
        self.registered: dict[str, Any] = {}

    async def answer(self, request: Request, path: str) -> Response:
        """Registers or lists."""
        if request.method == b"PUT":
            self.registered[path] = json.loads(await read(request.body, 2**20))
            return Response(204)
        return as_json({"services": self.services, "pagination": {"next_cursor": ""}})


class ProvidingManager(Fake):
    """The Manager of a peer that offers services: keys, publications, tokens."""

    def api(self, path: str) -> str:
        """Its group gets tokens, its Inway the rest."""
        return "manager-external" if path == "/v1/token" else "manager-unauthenticated"

    def __init__(self, issuer: Issuer) -> None:
        super().__init__()
        self.issuer = issuer
        self.publications: list[dict[str, Any]] = []
        self.claims: dict[str, Any] = {}
        self.refusal: dict[str, str] | None = None
        self.ttl = 300
        self.scopes: list[str] = []

    async def answer(self, request: Request, path: str) -> Response:
        """Keys, publications, or a token that is bound to the client."""
        if path == "/v1/token":
            return await self._token(request)
        if path == "/v1/.well-known/jwks.json":
            return as_json(jwks.jwk_set([self.issuer.keys.chain]))
        return as_json({"publications": self.publications})

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await read(request.body, 2**20)).decode())
        self.scopes += form["scope"]
        if self.refusal:
            return as_json(self.refusal, 400)
        client = x509.load_der_x509_certificate(request.client.certificate_der or b"")
        now = int(time.time())
        issued = replace(self.issuer.claims, grant_hash=form["scope"][0], not_before=now, expires_at=now + self.ttl)
        token = replace(self.issuer, claims=issued).token(client, **self.claims)
        return as_json({"access_token": token, "token_type": "bearer"})


class ConsumingManager(Fake):
    """The Manager of a peer that connects: the grants of its Outway."""

    def api(self, path: str) -> str:  # noqa: ARG002
        """That for its own components."""
        return "manager-internal"

    def __init__(self) -> None:
        super().__init__()
        self.grants: list[OutwayService] = []

    async def answer(self, request: Request, path: str) -> Response:  # noqa: ARG002
        """The grants."""
        return as_json({"services": [grant.model_dump(mode="json") for grant in self.grants]})


class Service(Fake):
    """A service behind an Inway; `does` makes it answer otherwise than with what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[Request, bytes]] = []
        self.does: Callable[[Request], Awaitable[Response]] | None = None

    async def answer(self, request: Request, path: str) -> Response:  # noqa: ARG002
        """Tells what was asked."""
        if self.does:
            return await self.does(request)
        body = await read(request.body, 2**24)
        self.requests.append((request, body))
        return as_json({"target": request.target.decode(), "length": len(body), "version": request.version})

    @property
    def last(self) -> Request:
        """The last request."""
        return self.requests[-1][0]

    def headers(self, name: bytes) -> list[bytes]:
        """The values of a header of the last request."""
        return [value for field, value in self.last.headers if field == name]


class RevocationLists(Fake):
    """The list of an authority; `revoked` is what it holds."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self._authority = authority
        self.revoked: list[x509.Certificate] = []

    async def answer(self, request: Request, path: str) -> Response:  # noqa: ARG002
        """The list as it is now."""
        return Response(200, [], self._authority.revocation_list(*self.revoked))


def as_json(value: Any, status: int = 200, headers: Headers | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, [(b"content-type", b"application/json"), *(headers or [])], json.dumps(value).encode())


async def octets(size: int, piece: int = 64 * 1024) -> AsyncIterator[bytes]:
    """A body of `size` octets in pieces."""
    block = b"x" * piece
    while size > 0:
        yield block[:size]
        size -= piece
