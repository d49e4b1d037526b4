"""A request of a client on its way to a connection, whichever protocol that speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from wegennet.fsc.wire.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable

    from wegennet.fsc.wire.limits import ClientLimits, Timeouts
    from wegennet.fsc.wire.message import ClientResponse, Headers, Origin
    from wegennet.fsc.wire.sweep import Sweep


@dataclass(slots=True)
class Call:
    """What to send.

    Attributes:
        begun: whether anything was taken from a body of chunks, so that it cannot be sent a second time.
    """

    origin: Origin
    method: bytes
    target: bytes
    headers: Headers
    body: bytes | AsyncIterable[bytes] | None
    trailers: Callable[[], Headers] | None
    timeouts: Timeouts
    begun: bool = False


class UnansweredError(ProtocolError):
    """Nothing of an answer came.

    Attributes:
        refused: whether the server has certainly not acted on the request.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class Place(Protocol):
    """A place on a connection, for one call.

    Attributes:
        reused: whether the connection has answered a call before.
    """

    reused: bool

    async def exchange(self, call: Call) -> ClientResponse:
        """Sends the request; returns when the head of the answer is there.

        Raises:
            WireError: there is none.
            Exception: what the body of the request raised.
        """

    def release(self) -> None:
        """Ends the exchange; the connection is kept if it can be."""


class Line(Protocol):
    """A connection to an origin.

    Attributes:
        listed: whether it is known to have room; kept by who lists it.
        shared: whether it has room for several calls.
    """

    listed: bool
    shared: bool

    def take(self) -> Place | None:
        """A place for a call, if there is one."""

    def room(self) -> bool:
        """Whether there is a place."""

    def retire(self) -> None:
        """Takes no more calls; ends after those in flight."""

    def close(self) -> None:
        """Closes the connection at once."""

    async def ready(self) -> None:
        """Waits until calls can be made.

        Raises:
            WireError: the connection does not come to that.
        """


class LineOwner(Protocol):
    """Who keeps the connections of an origin."""

    origin: Origin
    limits: ClientLimits
    sweep: Sweep

    def freed(self, line: Line) -> None:
        """There is room on the connection."""

    def closed(self, line: Line) -> None:
        """The connection is gone."""
