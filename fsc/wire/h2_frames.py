"""A look at frame headers on their way to h2: floods are seen before they cost anything, GOAWAY is taken out.

h2 takes a GOAWAY for the end of everything, while both sides may still finish the streams below its last stream
(RFC 9113, section 6.8). So h2 never sees one; the connection acts on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from h2.errors import ErrorCodes
from hyperframe.frame import GoAwayFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HEADER: Final = 9
_PREFACE: Final = 24
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
_END_STREAM = 0x1


# Larger than the usual 16 KiB, because each frame costs as much as a good deal of data.
MAX_FRAME: Final = 64 * 1024


class FloodError(Exception):
    """The other side sends so much of something that it can only be an attack.

    Attributes:
        code: for GOAWAY.
    """

    def __init__(self, message: str, code: ErrorCodes = ErrorCodes.ENHANCE_YOUR_CALM) -> None:
        super().__init__(message)
        self.code = code


class Budget:
    """A number of times that comes back with time.

    Args:
        burst: at once.
        rate: that come back each second.
        what: that is counted, for the error.
    """

    def __init__(self, burst: int, rate: float, what: str, clock: Callable[[], float]) -> None:
        self._burst = burst
        self._rate = rate
        self._what = what
        self._clock = clock
        self._left = float(burst)
        self._filled = clock()

    def spend(self) -> None:
        """Takes one.

        Raises:
            FloodError: there is none left.
        """
        if self._left < 1:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._filled) * self._rate)
            self._filled = now
            if self._left < 1:
                raise FloodError(f"too many {self._what}")
        self._left -= 1

    def earn(self, count: float) -> None:
        """Gives some back."""
        self._left = min(self._burst, self._left + count)


class Frames:
    """Cuts what arrives at the ends of frames.

    Args:
        server: whether the connection begins with a client's preface.
        head_bytes: longest header block, compressed.
        clock: the event loop's.
        on_goaway: called with the last stream and the error code of a GOAWAY.

    Attributes:
        resets: streams that a client cancelled or let us end (CVE-2023-44487, CVE-2025-8671); earned by answers.
        updates: window updates; earned by what we send.
    """

    def __init__(
        self, *, server: bool, head_bytes: int, clock: Callable[[], float], on_goaway: Callable[[int, int], None]
    ) -> None:
        self._header = bytearray()  # of a frame of which not even the header has arrived
        self._server = server
        self._left = _PREFACE if server else 0  # octets to come of the present frame
        self._goaway: bytearray | None = None
        self._head_bytes = head_bytes
        self._block = 0
        self._on_goaway = on_goaway
        self._idle_frames = Budget(2000, 200, "frames that carry nothing", clock)
        self.resets = Budget(256, 32, "cancelled streams", clock)
        self.updates = Budget(4000, 200, "window updates", clock)

    def split(self, data: bytes) -> Iterator[memoryview | bytearray]:
        """Pieces for h2, each of one frame at most.

        Raises:
            FloodError: this must end.
        """
        view, at = memoryview(data), 0
        while at < len(view):
            if not self._left:
                start = at
                at += _HEADER - len(self._header)
                self._header += view[start:at]
                if len(self._header) < _HEADER:
                    return
                header, self._header = self._header, bytearray()
                self._begin(header)
                if self._goaway is None:
                    yield header
            part = view[at : at + self._left]
            at += len(part)
            self._left -= len(part)
            if self._goaway is not None:
                self._keep(part, self._goaway)
            elif part:
                yield part

    def _begin(self, header: bytearray) -> None:
        self._left = int.from_bytes(header[:3], "big")
        kind, flags = header[3], header[4]
        if self._left > MAX_FRAME:
            # h2 would first wait for all of it.
            raise FloodError("an overlong frame", ErrorCodes.FRAME_SIZE_ERROR)
        if kind in {_HEADERS, _CONTINUATION}:
            self._count_block(kind)
        elif kind == _RST_STREAM:
            if self._server:
                self.resets.spend()
        elif kind == _WINDOW_UPDATE:
            self.updates.spend()
        elif kind != _DATA or not (self._left or flags & _END_STREAM):
            self._idle_frames.spend()
        if kind == _GOAWAY:
            self._goaway = header

    def _count_block(self, kind: int) -> None:
        self._block = self._left + (self._block if kind == _CONTINUATION else 0)
        if kind == _CONTINUATION:
            self._idle_frames.spend()
        if self._block > self._head_bytes:
            raise FloodError("an overlong header block")

    def _keep(self, part: memoryview, goaway: bytearray) -> None:
        goaway += part
        if not self._left:
            self._goaway = None
            frame = GoAwayFrame(0)
            frame.parse_body(memoryview(goaway)[_HEADER:])
            self._on_goaway(frame.last_stream_id, frame.error_code)
