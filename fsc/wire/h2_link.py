"""What both ends of an HTTP/2 connection have in common: h2, flow control both ways, the end of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RemoteSettingsChanged, StreamEnded, StreamReset, TrailersReceived, WindowUpdated
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import GoAwayFrame

from wegennet.fsc.wire.h2_fields import MalformedError, trailer_fields
from wegennet.fsc.wire.h2_frames import MAX_FRAME, FloodError, Frames
from wegennet.fsc.wire.h2_stream import Http2Stream
from wegennet.fsc.wire.headers import allowed_trailers
from wegennet.fsc.wire.sending import Sending

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from h2.events import Event

    from wegennet.fsc.wire.limits import ClientLimits, Limits

S = TypeVar("S", bound=Http2Stream)

_DEFAULT_WINDOW: Final = 65_535
# Beyond what senders wait for; only frames that answer the other side's add to it, and it takes none of them.
_MOST_UNSENT: Final = 2 * 1024 * 1024
# Until the other side has seen our settings, it may open more streams than they allow; those are refused one by one.
_BEFORE_SETTINGS: Final = 1024


class _Connection(H2Connection):
    """h2 with less memory of streams that are closed: 65,536 of them would be megabytes on each connection."""

    MAX_CLOSED_STREAMS = 1024


class Http2Link(Sending, Generic[S]):
    """A connection.

    Attributes:
        streams: that are open, or still being worked on.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, stall: float, limits: Limits | ClientLimits, *, client: bool
    ) -> None:
        super().__init__(loop, stall)
        self._link_limits = limits
        self._client = client
        self.h2 = _connection(limits, client=client)
        self.frames = Frames(server=not client, head_bytes=limits.head_bytes, clock=loop.time, on_goaway=self.on_goaway)
        self.streams: dict[int, S] = {}
        self._broken = False
        self._silent = False
        self._flushing = False
        self._on: dict[type[Event], Callable[[Any], None]] = {
            DataReceived: self._on_data,
            StreamEnded: self._on_end,
            StreamReset: self._on_reset,
            TrailersReceived: self._on_trailers,
            WindowUpdated: self._on_window,
            RemoteSettingsChanged: self.on_settings,
        }

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        super().connection_made(transport)
        self.h2.initiate_connection()
        if not self._client:
            self.h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: self._link_limits.streams})
        if (more := self._link_limits.connection_window - _DEFAULT_WINDOW) > 0:
            self.h2.increment_flow_control_window(more)
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Octets arrived."""
        if self._broken:
            self.throw_away(len(data))
            return
        try:
            for piece in self.frames.split(data):
                for event in self.h2.receive_data(piece):
                    if act := self._on.get(type(event)):
                        act(event)
        except FloodError as flood:
            self.goaway(flood.code)
            self._break(str(flood))
        except (H2Error, HyperframeError) as error:
            # h2 has made a GOAWAY that says why.
            self._break(str(error))
        self.flush_soon()
        if self._transport.get_write_buffer_size() > _MOST_UNSENT:
            self._transport.abort()

    def eof_received(self) -> bool:
        """The other side sends no more."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and with it all streams."""
        super().connection_lost(exc)
        for stream in tuple(self.streams.values()):
            stream.gone()

    def check_lengths_here(self, stream_id: int) -> None:
        """Makes h2 not compare a body with Content-Length: it would end the connection, where the stream is meant.

        Without this private name h2 does just that, which RFC 9113, section 5.4, allows too.
        """
        self.h2.streams[stream_id]._expected_content_length = None

    # Writing.

    def flush_soon(self) -> None:
        """Writes what h2 has ready at the end of this turn of the loop, together with what other streams add."""
        if not self._flushing:
            self._flushing = True
            self.loop.call_soon(self.flush)

    def flush(self) -> None:
        """Writes what h2 has ready."""
        self._flushing = False
        self._put(self.h2.data_to_send())

    def _put(self, data: bytes) -> None:
        if data and not self.lost and not self._silent:
            self._transport.write(data)

    def goaway(self, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        """Tells the other side that new streams are not taken up; those that are open may end.

        Made here, because h2 would send nothing any more afterwards.
        """
        self.flush()
        frame = GoAwayFrame(0, last_stream_id=self.h2.highest_inbound_stream_id, error_code=code)
        self._put(frame.serialize())

    def reset(self, stream_id: int, code: ErrorCodes) -> None:
        """Ends a stream."""
        try:
            self.h2.reset_stream(stream_id, code)
        except H2Error:
            return
        self.flush_soon()

    def acknowledge(self, stream_id: int, size: int) -> None:
        """Octets of a body were used, so the other side may send as many more."""
        if size and not self._broken and not self.lost:
            self.h2.acknowledge_received_data(size, stream_id)
            self.flush_soon()

    def _break(self, reason: str) -> None:
        self._broken = True
        self.flush()
        self._silent = True
        self.on_break(reason)

    # What h2 says.

    def _on_data(self, event: DataReceived) -> None:
        stream = self.streams.get(event.stream_id)
        length = event.flow_controlled_length
        if stream is None or not stream.receive(event.data):
            self.acknowledge(event.stream_id, length)
        else:
            self.acknowledge(event.stream_id, length - len(event.data))

    def _on_end(self, event: StreamEnded) -> None:
        if stream := self.streams.get(event.stream_id):
            stream.received_all()

    def _on_trailers(self, event: TrailersReceived) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is None:
            return
        try:
            stream.trailers = allowed_trailers(trailer_fields(event.headers))
        except MalformedError as error:
            stream.malformed(str(error))

    def _on_reset(self, event: StreamReset) -> None:
        if not event.remote_reset:
            self.frames.resets.spend()
        if stream := self.streams.get(event.stream_id):
            stream.was_reset(event.error_code)

    def _on_window(self, event: WindowUpdated) -> None:
        if event.stream_id == 0:
            self._wake_streams()
        elif stream := self.streams.get(event.stream_id):
            stream.wake()

    def on_settings(self, event: RemoteSettingsChanged) -> None:
        """The other side's settings are known or changed."""
        if SettingCodes.INITIAL_WINDOW_SIZE in event.changed_settings:
            self._wake_streams()

    def _wake_streams(self) -> None:
        for stream in self.streams.values():
            stream.wake()

    def on_goaway(self, last_stream: int, code: int) -> None:
        """The other side takes up no new streams."""
        raise NotImplementedError

    def on_break(self, reason: str) -> None:
        """The other side broke the protocol."""
        raise NotImplementedError

    def check(self, now: float) -> None:
        """Acts on time limits that have passed."""
        super().check(now)
        for stream in tuple(self.streams.values()):
            stream.check(now)


def _connection(limits: Limits | ClientLimits, *, client: bool) -> H2Connection:
    connection = _Connection(
        H2Configuration(
            client_side=client,
            header_encoding=None,
            validate_inbound_headers=False,
            normalize_inbound_headers=False,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
    )
    settings = {
        SettingCodes.MAX_CONCURRENT_STREAMS: _BEFORE_SETTINGS,
        SettingCodes.INITIAL_WINDOW_SIZE: limits.stream_window,
        SettingCodes.MAX_HEADER_LIST_SIZE: limits.head_bytes,
        SettingCodes.MAX_FRAME_SIZE: MAX_FRAME,
    }
    if client:
        settings[SettingCodes.ENABLE_PUSH] = 0
    connection.local_settings = Settings(client=client, initial_values=settings)
    connection.max_inbound_frame_size = MAX_FRAME
    # A head somewhat above the limit is the end of its stream; one far above, of the connection.
    connection.decoder.max_header_list_size = 2 * limits.head_bytes
    return connection
