"""The client: requests on connections that are kept and shared by origin."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.calls import Call, UnansweredError
from wegennet.fsc.wire.limits import ClientLimits, Timeouts
from wegennet.fsc.wire.lines import Lines
from wegennet.fsc.wire.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable
    from types import TracebackType

    from wegennet.fsc.wire.calls import Place
    from wegennet.fsc.wire.message import ClientResponse, Headers, Origin
    from wegennet.fsc.wire.tls import Choice, ClientTls

# A request that can be made twice with the effect of once (RFC 9110, section 9.2.2).
_IDEMPOTENT: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"})
# Time limits are kept to within a quarter of this.
_PRECISION: Final = 0.4


class ClientPool:
    """Makes requests; keeps connections per origin, protocol and generation of certificates.

    Args:
        tls: for origins with https.
        limits: how many and how much.
        allow_address: says which IP addresses may be connected to; None allows all.
    """

    def __init__(
        self,
        tls: ClientTls | None = None,
        limits: ClientLimits | None = None,
        allow_address: Callable[[str], bool] | None = None,
    ) -> None:
        self.tls = tls
        self.limits = limits or ClientLimits()
        self.allow_address = allow_address
        self._lines: dict[tuple[Origin, Choice], Lines] = {}
        self._sweep: Sweep | None = None

    def request(
        self,
        origin: Origin,
        method: bytes,
        target: bytes,
        headers: Headers | None = None,
        body: bytes | AsyncIterable[bytes] | None = None,
        *,
        trailers: Callable[[], Headers] | None = None,
        protocol: Choice = "1.1",
        timeout: Timeouts | None = None,
    ) -> Exchange:
        """One request; `async with` it, or `open` it and `release` it later.

        Args:
            origin: the server.
            method: anything but CONNECT.
            target: path and query, sent as they are.
            headers: names in lower case. `host` is the origin's unless given; fields of the connection are left out.
            body: octets; or chunks, framed by `content-length` when that is given and otherwise chunked.
            trailers: called after the last chunk.
            protocol: `1.1`, `2` (by ALPN; without TLS by prior knowledge), or None for what the server chooses by ALPN.
            timeout: limits of this request.

        Raises:
            ValueError: the origin needs TLS, and the pool has none. `open` raises it for what cannot be sent.
        """
        if origin.scheme == "https" and self.tls is None:
            raise ValueError(f"{origin} needs TLS, and this client has none")
        call = Call(
            origin,
            method,
            target,
            headers=headers or [],
            body=body,
            trailers=trailers,
            timeouts=timeout or _USUAL,
        )
        return Exchange(self._lines_to(origin, protocol), call)

    def _lines_to(self, origin: Origin, protocol: Choice) -> Lines:
        key = origin, protocol
        lines = self._lines.get(key)
        if lines is None:
            if self._sweep is None:
                self._sweep = Sweep(asyncio.get_running_loop(), _PRECISION)
            tls = self.tls if origin.scheme == "https" else None
            lines = self._lines[key] = Lines(
                origin, protocol, tls=tls, limits=self.limits, sweep=self._sweep, allow_address=self.allow_address
            )
        return lines

    async def close(self) -> None:
        """Closes all connections; exchanges in flight fail."""
        for lines in tuple(self._lines.values()):
            lines.close()
        # A turn of the loop for the connections to be told of it.
        await asyncio.sleep(0)


_USUAL: Final = Timeouts()


class Exchange:
    """A request and its answer."""

    def __init__(self, lines: Lines, call: Call) -> None:
        self._lines = lines
        self._call = call
        self._place: Place | None = None

    async def open(self) -> ClientResponse:
        """Sends the request; returns when the head of the answer is there. Then `release` must be called.

        Raises:
            WireError: there is no answer.
            Exception: what the body of the request raised.
        """
        try:
            try:
                return await self._attempt(fresh=False)
            except UnansweredError as error:
                if not self._may_repeat(error):
                    raise
                fresh = not error.refused
            self.release()
            return await self._attempt(fresh=fresh)
        except BaseException:
            self.release()
            raise

    async def _attempt(self, *, fresh: bool) -> ClientResponse:
        self._place = await self._lines.take(self._call.timeouts.connect, fresh=fresh)
        return await self._place.exchange(self._call)

    def _may_repeat(self, error: UnansweredError) -> bool:
        """Whether the request can be sent a second time, and that can do no harm.

        So it is when the server says that it did nothing; when none of a streamed body was sent; and for an idempotent
        method when the server may just have closed a connection that it had kept.
        """
        call = self._call
        streamed = not isinstance(call.body, bytes | None)
        if streamed and call.begun:
            return False
        reused = self._place is not None and self._place.reused
        return error.refused or (reused and (streamed or call.method in _IDEMPOTENT))

    def release(self) -> None:
        """Ends the exchange; what has not arrived of the answer is given up."""
        if self._place is not None:
            place, self._place = self._place, None
            place.release()

    async def __aenter__(self) -> ClientResponse:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()
