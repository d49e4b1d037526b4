"""Making a connection: addresses, policy on addresses, TCP and TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING, TypeVar

from wegennet.fsc.wire.errors import ConnectError, TlsError, WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.wire.message import Origin

P = TypeVar("P", bound=asyncio.BaseProtocol)


async def connect(
    origin: Origin,
    factory: Callable[[], P],
    context: ssl.SSLContext | None,
    allow_address: Callable[[str], bool] | None,
) -> P:
    """Connects to the first address of the origin that answers.

    Args:
        origin: the server.
        factory: makes the protocol.
        context: for TLS; the certificate must name the origin's host.
        allow_address: says of each address whether it may be connected to. It is asked about the very address that is
            used, so a name that resolves to another one later gains nothing.

    Raises:
        ConnectError: no address, none allowed, or nobody answers.
        TlsError: the handshake failed.
    """
    failure: WireError = ConnectError(f"{origin} has no address")
    for address in await _addresses(origin):
        if allow_address is not None and not allow_address(address):
            failure = ConnectError(f"{address}, the address of {origin}, may not be connected to")
            continue
        try:
            return await _connect(origin, address, factory, context)
        except WireError as error:
            failure = error
    raise failure


async def _addresses(origin: Origin) -> list[str]:
    try:
        return [str(ipaddress.ip_address(origin.host))]
    except ValueError:
        pass
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectError(f"the name of {origin} does not resolve: {error}") from error
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


async def _connect(origin: Origin, address: str, factory: Callable[[], P], context: ssl.SSLContext | None) -> P:
    loop = asyncio.get_running_loop()
    try:
        if context is None:
            _, protocol = await loop.create_connection(factory, address, origin.port)
        else:
            _, protocol = await loop.create_connection(
                factory, address, origin.port, ssl=context, server_hostname=origin.host
            )
    except ssl.SSLCertVerificationError as error:
        raise TlsError(f"the certificate of {origin} is not accepted: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise TlsError(f"the TLS handshake with {origin} failed: {error.reason or error}") from error
    except OSError as error:
        raise ConnectError(f"{origin} cannot be reached at {address}: {error.strerror or error}") from error
    return protocol
