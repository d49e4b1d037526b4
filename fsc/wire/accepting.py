"""The first moment of a connection: which protocol it speaks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from wegennet.fsc.wire.client_info import client_info
from wegennet.fsc.wire.h1_server import Http1Connection
from wegennet.fsc.wire.h2_server import Http2Connection

if TYPE_CHECKING:
    import ssl

    from wegennet.fsc.wire.serving import Serving

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Accepted(asyncio.Protocol):
    """Hands the connection to the protocol that it speaks: with TLS by ALPN, in the clear by its first octets."""

    def __init__(self, serving: Serving, *, http2: bool) -> None:
        self._serving = serving
        self._http2 = http2
        self._began = b""
        self._open = False
        serving.coming += 1
        self._deadline = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open, the TLS handshake done."""
        self._transport = cast("asyncio.Transport", transport)
        self.came()
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        if tls is not None:
            self._hand_over(http2=tls.selected_alpn_protocol() == "h2")
        elif not self._http2:
            self._hand_over(http2=False)
        else:
            self._deadline = self._serving.loop.time() + self._serving.limits.head
            self._serving.opened(self)

    def came(self) -> None:
        """The connection is open now, or never will be."""
        if not self._open:
            self._open = True
            self._serving.coming -= 1

    def data_received(self, data: bytes) -> None:
        """The first octets of a connection in the clear."""
        self._began += data
        if self._began.startswith(_PREFACE):
            self._give_away(http2=True)
        elif not _PREFACE.startswith(self._began):
            self._give_away(http2=False)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The connection is gone before it said anything."""
        self._serving.closed(self)

    def _give_away(self, *, http2: bool) -> None:
        self._serving.replaced(self)
        self._hand_over(http2=http2).data_received(self._began)

    def _hand_over(self, *, http2: bool) -> Http1Connection | Http2Connection:
        client = client_info(self._transport)
        connection = Http2Connection(self._serving, client) if http2 else Http1Connection(self._serving, client)
        self._transport.set_protocol(connection)
        connection.connection_made(self._transport)
        return connection

    def drain(self) -> None:
        """Ends."""
        self._transport.close()

    def evict(self) -> bool:
        """Doesn't: its first request is still to come."""
        return False

    def abort(self) -> None:
        """Ends at once."""
        self._transport.abort()

    def check(self, now: float) -> None:
        """Closes a connection that does not say in time what it speaks."""
        if now > self._deadline:
            self._transport.abort()
