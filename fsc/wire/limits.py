"""How much and how long: limits that keep one client from using up a process."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
# A body that is read faster than it is used waits in memory up to here; below the second the sender may go on.
HIGH_WATER = 128 * KIB
LOW_WATER = 32 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a server. Times are in seconds, sizes in octets; times are kept to within a quarter of the shortest.

    Attributes:
        connections: open at the same time; above it new ones wait in the kernel's queue.
        head_bytes: request line and header fields together; more is answered with 431. It holds for trailers too.
        headers: number of header fields in a request, and of trailers.
        target_bytes: length of the request target; more is answered with 414.
        handshake: time for the TLS handshake.
        head: from the first chance to send a request until its head is complete.
        idle: longest silence in the middle of a body, and longest time in which a client takes nothing of an answer.
        keep_alive: longest time between two requests.
        discard_bytes: how much of a body that the handler left unread is read to keep the connection.
        min_rate: octets a second below which a body is too slow; 0 is no minimum.
        streams: requests at the same time on one HTTP/2 connection.
        stream_window: octets of one HTTP/2 body that may wait in memory.
        connection_window: octets of all bodies of one HTTP/2 connection that may wait in memory.
    """

    connections: int = 4096
    head_bytes: int = 64 * KIB
    headers: int = 256
    target_bytes: int = 16 * KIB
    handshake: float = 10.0
    head: float = 10.0
    idle: float = 60.0
    keep_alive: float = 75.0
    discard_bytes: int = 64 * KIB
    min_rate: int = 0
    streams: int = 128
    stream_window: int = 256 * KIB
    connection_window: int = 4096 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """Limits of a client pool.

    Attributes:
        connections: open at the same time to one origin; who comes later waits in order of arrival.
        keep_alive: how long a connection without a request is kept.
        head_bytes: status line and header fields of an answer together, and its trailers.
        headers: number of header fields of an answer.
        streams: requests at the same time on one HTTP/2 connection; the server may allow fewer.
        stream_window: octets of one HTTP/2 answer that may wait in memory.
        connection_window: octets of all answers of one HTTP/2 connection that may wait in memory.
    """

    connections: int = 128
    keep_alive: float = 60.0
    head_bytes: int = 64 * KIB
    headers: int = 256
    streams: int = 100
    stream_window: int = 256 * KIB
    connection_window: int = 4096 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long one request of a client may take, in seconds.

    Attributes:
        connect: waiting for a free connection and making one, TLS handshake included.
        head: from the last octet of the request to the head of the answer.
        idle: longest silence in the body of the answer, and longest time in which the server takes nothing of ours.
    """

    connect: float = 10.0
    head: float = 60.0
    idle: float = 60.0
