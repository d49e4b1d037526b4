"""Requests and answers as handlers and callers see them, the same for HTTP/1.1 and HTTP/2."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

# Names are lower-case; order and duplicates are kept.
Headers = list[tuple[bytes, bytes]]
Version = Literal["1.0", "1.1", "2"]


class Body(Protocol):
    """A body that streams in: iterate it once. Chunks come as they arrive and are never empty."""

    @property
    def trailers(self) -> Headers:
        """Trailer fields; complete after the last chunk."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Chunks in order.

        Raises:
            WireError: at the point where the body breaks off.
        """


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """Who is at the other end of a connection.

    Attributes:
        address: IP address.
        port: port at the client's side.
        certificate_der: certificate that the client proved to have in the TLS handshake.
        chain_der: the chain that was verified: the client's certificate first, up to the trust anchor.
        tls_version: for instance `TLSv1.3`; None without TLS.
        server: our own address and port.
    """

    address: str
    port: int = 0
    certificate_der: bytes | None = None
    chain_der: tuple[bytes, ...] = ()
    tls_version: str | None = None
    server: tuple[str, int] = ("", 0)


@dataclass(slots=True)
class Request:
    """One request.

    Attributes:
        method: as received.
        target: path and query as received, octet for octet; `*`; for CONNECT the authority.
        authority: host and port that the client named, of the target or else the Host field; may be empty.
        scheme: `http` or `https`, of an absolute target or else of the connection.
        headers: all fields; in HTTP/2 without pseudo-fields.
        body: the body; reading it is what asks a client that waits (`Expect: 100-continue`) to send it.
        version: of HTTP.
        client: the other end of the connection.
    """

    method: bytes
    target: bytes
    authority: bytes
    scheme: bytes
    headers: Headers
    body: Body
    version: Version
    client: ClientInfo


@dataclass(slots=True)
class Response:
    """An answer. The server writes the framing, `date` and what belongs to the connection itself.

    Attributes:
        status: 200 to 999.
        headers: fields; a `content-length` beside a streamed body is held to, others that frame are ignored.
        body: octets, or an iterable of chunks.
        trailers: called after the last chunk; sent where the protocol can (chunked, HTTP/2).
        release: called once when the answer was sent or given up, whatever happened.
    """

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes | AsyncIterable[bytes] = b""
    trailers: Callable[[], Headers] | None = None
    release: Callable[[], None] | None = None


Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request goes: scheme `http` or `https`, host (a name or an IP address without brackets) and port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def netloc(self) -> str:
        """Host and port as in a URL; the port is left out when it is the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


@dataclass(slots=True)
class ClientResponse:
    """An answer that a client got.

    Attributes:
        status: final status; answers 1xx are passed over.
        headers: fields as received.
        body: the body; leaving the request's block before its end gives the rest up.
        version: of HTTP.
        certificate_der: certificate of the server; None without TLS.
    """

    status: int
    headers: Headers
    body: Body
    version: Version
    certificate_der: bytes | None
