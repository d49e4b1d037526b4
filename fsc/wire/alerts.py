"""Tells a client why its TLS handshake failed.

asyncio and uvloop close the connection without sending the alert that OpenSSL has made (RFC 8446, section 6.2). With
TLS 1.3 a client whose certificate is refused would then see no more than a connection that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from contextvars import ContextVar
from typing import Any, Final

_LINGER: Final = 1.0
_handshake: ContextVar[Farewell] = ContextVar("handshake of the present task")


class Farewell:
    """The last words on a connection, should its handshake fail. Made in the task that makes the handshake."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._spare: socket.socket | None = None
        _handshake.set(self)

    def say(self, alert: bytes) -> None:
        """Sends the alert, and keeps the connection from being closed at once."""
        with contextlib.suppress(OSError):
            self._spare = self._connection.dup()
            self._spare.setblocking(False)
            self._spare.send(alert)
            self._spare.shutdown(socket.SHUT_WR)

    async def linger(self) -> None:
        """Lets the client read the alert: it may be sending its request, and a close would be answered with a reset."""
        if self._spare is None:
            return
        loop = asyncio.get_running_loop()
        try:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_LINGER):
                    while await loop.sock_recv(self._spare, 65536):
                        pass
        finally:
            self._spare.close()


class _Handshake(ssl.SSLObject):
    """One TLS connection."""

    outgoing: ssl.MemoryBIO

    def do_handshake(self) -> None:
        """As ever; sends the alert when it fails."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError:
            if farewell := _handshake.get(None):
                farewell.say(self.outgoing.read())
            raise


class AlertingContext(ssl.SSLContext):
    """A context of which failed handshakes are told."""

    sslobject_class = _Handshake

    def wrap_bio(
        self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *arguments: Any, **options: Any
    ) -> ssl.SSLObject:
        """As ever; remembers where the alert will be."""
        wrapped = super().wrap_bio(incoming, outgoing, *arguments, **options)
        if isinstance(wrapped, _Handshake):
            wrapped.outgoing = outgoing
        return wrapped
