"""One HTTP/2 connection of a client: calls side by side."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any, Final

from h2.errors import ErrorCodes
from h2.events import InformationalResponseReceived, RemoteSettingsChanged, ResponseReceived
from h2.exceptions import H2Error

from wegennet.fsc.wire.calls import UnansweredError
from wegennet.fsc.wire.errors import ProtocolError, TlsError, WireError
from wegennet.fsc.wire.h2_call import ClientStream, code_name
from wegennet.fsc.wire.h2_link import Http2Link
from wegennet.fsc.wire.sending import CLOSE
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    from wegennet.fsc.wire.calls import LineOwner
    from wegennet.fsc.wire.message import Headers

_LAST_STREAM: Final = 2**31 - 3
# Calls have limits of their own; this is for the connection that they share.
_STALL: Final = 60.0


class Http2Client(Http2Link[ClientStream]):
    """Makes calls.

    Attributes:
        answered: whether there was an answer on it.
        certificate: of the server.
        listed: whether its owner lists it as having room.
        origin: of the server.
        shared: whether it has room for several calls.
    """

    shared = True

    def __init__(self, owner: LineOwner) -> None:
        super().__init__(asyncio.get_running_loop(), _STALL, owner.limits, client=True)
        self._owner = owner
        self.origin = owner.origin
        self._settings: asyncio.Future[None] = self.loop.create_future()
        self._places = 0
        self._going = False
        self._deadline = NEVER
        self._reason = ""
        self._lost_by: Exception | None = None
        self.answered = False
        self.certificate: bytes | None = None
        self.listed = False
        self._on[ResponseReceived] = lambda event: self._to_stream(event, ClientStream.answer)
        self._on[InformationalResponseReceived] = lambda event: self._to_stream(event, ClientStream.inform)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        super().connection_made(transport)
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self.certificate = tls.getpeercert(binary_form=True) if tls else None
        self._owner.sweep.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._lost_by = exc
        super().connection_lost(exc)
        self._owner.sweep.discard(self)
        if not self._settings.done():
            self._settings.set_exception(self.loss(began=False))
            self._settings.exception()
        self._owner.closed(self)

    def loss(self, *, began: bool) -> WireError:
        """Why a call ends with the connection."""
        if isinstance(self._lost_by, ssl.SSLError):
            return TlsError(f"{self.origin} ended TLS: {self._lost_by.reason or self._lost_by}")
        if self._reason:
            return ProtocolError(f"{self.origin} {self._reason}")
        if began:
            return ProtocolError(f"{self.origin} closed the connection in the middle of an answer")
        return UnansweredError(f"{self.origin} closed the connection without an answer")

    # Places.

    async def ready(self) -> None:
        """Waits for the server's settings, which say how many calls it takes.

        Raises:
            WireError: it closed the connection, or speaks no HTTP/2.
        """
        await self._settings

    def on_settings(self, event: RemoteSettingsChanged) -> None:
        """The server's settings are known or changed."""
        super().on_settings(event)
        if not self._settings.done():
            self._settings.set_result(None)
        elif self.room():
            self._owner.freed(self)

    def room(self) -> bool:
        """Whether another call can be made."""
        most = min(self._owner.limits.streams, self.h2.remote_settings.max_concurrent_streams)
        closed = self._going or self._broken or self.lost or self._transport.is_closing()
        return not closed and self._places < most and self.h2.highest_outbound_stream_id < _LAST_STREAM

    def take(self) -> ClientStream | None:
        """A place for a call, if there is one."""
        if not self.room():
            return None
        self._places += 1
        self._deadline = NEVER
        return ClientStream(self)

    def open(self, stream: ClientStream, fields: Headers, *, end: bool) -> None:
        """Opens the stream of a place.

        Raises:
            UnansweredError: the server takes up no new ones.
        """
        if self._going or self._broken or self.lost:
            raise UnansweredError(f"{self.origin} takes up no more requests on this connection", refused=True)
        stream.id = self.h2.get_next_available_stream_id()
        try:
            self.h2.send_headers(stream.id, fields, end_stream=end)
        except H2Error as error:
            # The server takes fewer at once than it did when the place was given out.
            raise UnansweredError(f"{self.origin} takes up no more requests for now", refused=True) from error
        self.streams[stream.id] = stream

    def end(self, stream: ClientStream) -> None:
        """A place is free again."""
        self._places -= 1
        if self.streams.pop(stream.id, None) is not None:
            inner = self.h2.streams.get(stream.id)
            if inner is not None and not inner.closed and not self._broken:
                self.reset(stream.id, ErrorCodes.CANCEL)
        if self._places == 0:
            self._rest()
        if self.room():
            self._owner.freed(self)

    def _rest(self) -> None:
        if self._going:
            self.close()
        else:
            self._deadline = self.now() + self._owner.limits.keep_alive

    def retire(self) -> None:
        """Takes no more calls; ends after those in flight."""
        self._going = True
        if self._places == 0:
            self.close()

    def close(self) -> None:
        """Closes the connection; calls that are in flight end."""
        self._going = True
        self.flush()
        (self._transport.abort if self.streams else self._transport.close)()
        self._deadline = self.now() + CLOSE

    # What the server says.

    def _to_stream(self, event: Any, act: Any) -> None:
        if stream := self.streams.get(event.stream_id):
            self.check_lengths_here(event.stream_id)
            act(stream, event)

    def on_goaway(self, last_stream: int, code: int) -> None:
        """The server takes up no streams above `last_stream`."""
        self._going = True
        if code:
            self._reason = f"ended the connection ({code_name(code)})"
        for stream in tuple(self.streams.values()):
            if stream.id > last_stream:
                stream.refused()
        if self._places == 0:
            self.close()

    def on_break(self, reason: str) -> None:
        """The server broke the protocol."""
        self._reason = f"breaks HTTP/2: {reason}"
        self._transport.close()

    def check(self, now: float) -> None:
        """Acts on time limits that have passed."""
        super().check(now)
        if now > self._deadline:
            (self._transport.abort if self._transport.is_closing() else self.close)()
