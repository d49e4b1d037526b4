"""Making a connection: addresses, policy on addresses, TCP, TLS, and the protocol that is agreed on."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING, cast

from wegennet.fsc.wire.errors import ConnectError, ProtocolError, TlsError, WireError
from wegennet.fsc.wire.h1_client import Http1Client
from wegennet.fsc.wire.h2_client import Http2Client
from wegennet.fsc.wire.sending import CLOSE

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.wire.calls import LineOwner
    from wegennet.fsc.wire.message import Origin
    from wegennet.fsc.wire.tls import Choice


class _Dialled(asyncio.Protocol):
    """Hands the connection to the protocol that it speaks."""

    def __init__(self, owner: LineOwner, choice: Choice) -> None:
        self._owner = owner
        self._choice = choice
        self.line: Http1Client | Http2Client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open, the TLS handshake done."""
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        http2 = tls.selected_alpn_protocol() == "h2" if tls else self._choice == "2"
        self.line = Http2Client(self._owner) if http2 else Http1Client(self._owner)
        cast("asyncio.Transport", transport).set_protocol(self.line)
        self.line.connection_made(transport)


async def dial(
    owner: LineOwner,
    choice: Choice,
    context: ssl.SSLContext | None,
    allow_address: Callable[[str], bool] | None,
) -> Http1Client | Http2Client:
    """Connects to the first address of the origin that answers.

    Args:
        owner: of the connection; says which origin.
        choice: of the protocol.
        context: for TLS; the certificate must name the origin's host.
        allow_address: says of an address whether it may be connected to. It is asked about the very address that is
            used, so a name that resolves to another one a moment later gains nothing.

    Raises:
        ConnectError: there is no address, none is allowed, or nobody answers.
        TlsError: the handshake failed.
        ProtocolError: the server does not speak the protocol.
    """
    failure: WireError = ConnectError(f"{owner.origin} has no address")
    for address in await _addresses(owner.origin):
        if allow_address is not None and not allow_address(address):
            failure = ConnectError(f"{address}, an address of {owner.origin}, may not be connected to")
            continue
        try:
            return await _dial(owner, choice, address, context)
        except WireError as error:
            failure = error
    raise failure


async def _addresses(origin: Origin) -> list[str]:
    with contextlib.suppress(ValueError):
        return [_plain(origin.host)]
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectError(f"the name of {origin} does not resolve: {error}") from error
    return list(dict.fromkeys(_plain(str(info[4][0])) for info in infos))


def _plain(address: str) -> str:
    """An IP address in its usual form: one of IPv4 within IPv6 is that of IPv4, for the policy to know it."""
    parsed = ipaddress.ip_address(address)
    return str((parsed.version == 6 and parsed.ipv4_mapped) or parsed)  # noqa: PLR2004 - it is a version


async def _dial(
    owner: LineOwner, choice: Choice, address: str, context: ssl.SSLContext | None
) -> Http1Client | Http2Client:
    origin, loop = owner.origin, asyncio.get_running_loop()
    try:
        _, dialled = await loop.create_connection(
            lambda: _Dialled(owner, choice),
            address,
            origin.port,
            ssl=context,
            server_hostname=origin.host if context else None,
            ssl_shutdown_timeout=CLOSE if context else None,
        )
    except ssl.SSLCertVerificationError as error:
        raise TlsError(f"the certificate of {origin} is not accepted: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise TlsError(f"the TLS handshake with {origin} failed: {error.reason or error}") from error
    except OSError as error:
        if context and isinstance(error, (ConnectionResetError, ConnectionAbortedError)):
            raise TlsError(f"{origin} closed the connection in the TLS handshake") from error
        raise ConnectError(f"{origin} cannot be reached at {address}: {error.strerror or error}") from error
    await _speaks(dialled.line, choice, origin)
    return dialled.line


async def _speaks(line: Http1Client | Http2Client, choice: Choice, origin: Origin) -> None:
    if choice == "2" and isinstance(line, Http1Client):
        line.close()
        raise ProtocolError(f"{origin} does not speak HTTP/2")
    try:
        await line.ready()
    except BaseException:
        line.close()
        raise
