"""The first moment of a connection: which protocol it speaks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from wegennet.fsc.wire.client_info import client_info
from wegennet.fsc.wire.h1_server import Http1Connection

if TYPE_CHECKING:
    from wegennet.fsc.wire.serving import Serving


class Accepted(asyncio.Protocol):
    """Hands the connection to the protocol that it speaks, by ALPN."""

    def __init__(self, serving: Serving, *, http2: bool) -> None:
        self._serving = serving
        self._http2 = http2

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open, the TLS handshake done."""
        connection = Http1Connection(self._serving, client_info(transport))
        cast("asyncio.Transport", transport).set_protocol(connection)
        connection.connection_made(transport)
