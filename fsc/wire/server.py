"""The server: sockets that listen, TLS, and a protocol for each connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.accepting import Accepted
from wegennet.fsc.wire.alerts import Farewell
from wegennet.fsc.wire.limits import Limits
from wegennet.fsc.wire.sending import CLOSE
from wegennet.fsc.wire.serving import Serving

if TYPE_CHECKING:
    from wegennet.fsc.wire.message import Handler
    from wegennet.fsc.wire.tls import ServerTls

_log = logging.getLogger(__name__)

_BACKLOG: Final = 1024
_BATCH: Final = 64
# After a failure to accept (no file descriptors left), how long to leave the kernel's queue alone.
_PAUSE: Final = 0.5


class Server:
    """Serves HTTP/1.1 and HTTP/2, with TLS or without.

    Connections are accepted here instead of by the event loop's server, for two reasons: each gets the TLS context of
    the present certificates, and above `limits.connections` new ones wait in the kernel's queue.

    Args:
        handler: answers requests; cancelled when its client goes away.
        tls: TLS; None serves in the clear.
        limits: how much and how long.
        http2: without TLS, serve HTTP/2 too, by prior knowledge. With TLS, `tls` decides.
    """

    def __init__(
        self, handler: Handler, tls: ServerTls | None = None, limits: Limits | None = None, *, http2: bool = True
    ) -> None:
        self._handler = handler
        self._tls = tls
        self._limits = limits or Limits()
        self._http2 = http2
        self._listeners: list[socket.socket] = []
        self._handshakes: set[asyncio.Task[None]] = set()
        self._accepting = False
        self._serving: Serving
        self._loop: asyncio.AbstractEventLoop

    async def listen(self, host: str, port: int, *, reuse_port: bool = False) -> int:
        """Listens on an address; may be called again for others.

        Args:
            host: IP address or name; empty for all addresses.
            port: TCP port; 0 lets the kernel choose one.
            reuse_port: let other processes listen on the same port, and the kernel spread connections over them.

        Returns:
            The port.

        Raises:
            OSError: the address cannot be bound.
        """
        if not self._listeners:
            self._loop = asyncio.get_running_loop()
            self._serving = Serving(self._handler, self._limits, self._loop)
            self._serving.on_closed = self._accept_again
        infos = await self._loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(infos):
            listener = _listener(family, (str(address[0]), port), reuse_port=reuse_port)
            port = port or int(listener.getsockname()[1])
            self._listeners.append(listener)
        self._pause_accepting()
        self._accept_again()
        return port

    @property
    def connections(self) -> int:
        """Open connections, those in the TLS handshake included."""
        return len(self._serving.connections) + self._serving.coming

    async def drain(self, seconds: float) -> None:
        """Stops: no new connections, requests in flight are finished for at most `seconds`, the rest is cut off."""
        if not self._listeners:
            return
        self._pause_accepting()
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        self._serving.draining = True
        for connection in tuple(self._serving.connections):
            connection.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._emptied()
        for handshake in tuple(self._handshakes):
            handshake.cancel()
        for connection in tuple(self._serving.connections):
            connection.abort()
        # A turn of the loop for the connections that were cut off to be told of it.
        await asyncio.sleep(0)

    async def _emptied(self) -> None:
        """Waits until the last connection is gone."""
        while self.connections:
            gone = asyncio.Event()
            self._serving.on_closed = gone.set
            await gone.wait()

    # Accepting.

    def _pause_accepting(self) -> None:
        if self._accepting:
            self._accepting = False
            for listener in self._listeners:
                self._loop.remove_reader(listener)

    def _accept_again(self) -> None:
        if not self._accepting and self.connections < self._limits.connections:
            self._accepting = True
            for listener in self._listeners:
                self._loop.add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        for turn in range(_BATCH):
            if self.connections >= self._limits.connections:
                # That one waits is certain in the first turn only.
                if turn:
                    return
                if not self._evict():
                    self._pause_accepting()
                    return
            try:
                connection, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                _log.error("Connections cannot be accepted for a while: %s", error)
                self._pause_accepting()
                self._loop.call_later(_PAUSE, self._accept_again)
                return
            connection.setblocking(False)
            accepted = Accepted(self._serving, http2=self._http2)
            task = self._loop.create_task(self._connect(connection, accepted, str(address[0])))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    def _evict(self) -> bool:
        """Makes room by closing a connection on which nothing happens; says whether there was one."""
        return any(connection.evict() for connection in self._serving.connections)

    async def _connect(self, connection: socket.socket, accepted: Accepted, address: str) -> None:
        context = self._tls.context() if self._tls else None
        limits = self._limits
        # The end of TLS comes after the end of the answer, and that may take the client a while.
        times = {"ssl_handshake_timeout": limits.handshake, "ssl_shutdown_timeout": max(CLOSE, limits.idle)}
        farewell = Farewell(connection)
        try:
            await self._loop.connect_accepted_socket(
                lambda: accepted, connection, ssl=context, **(times if context else {})
            )
        except OSError as error:
            _log.info("The TLS handshake with %s failed: %s", address, error)
            connection.close()
            await farewell.linger()
        finally:
            accepted.came()
            self._serving.on_closed()


def _listener(family: int, address: tuple[str, int], *, reuse_port: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
