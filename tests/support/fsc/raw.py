"""Octets on a TLS connection, for requests that no client would send."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from support.fsc.client import Client

TIMEOUT = 15.0
MOMENT = 0.3
"""Silence, in seconds, after which no second answer follows a first one."""


@contextmanager
def opened(client: Client) -> Iterator[ssl.SSLSocket]:
    """A connection with the client's certificate."""
    parts = urlsplit(client.url)
    with (
        socket.create_connection((parts.hostname, parts.port), TIMEOUT) as plain,
        client.context().wrap_socket(plain, server_hostname=parts.hostname) as connection,
    ):
        yield connection


def exchange(client: Client, *parts: bytes, within: float = TIMEOUT) -> bytes:
    """Sends these parts and gives all that comes back.

    That is until the server closes, or was silent: `within` seconds before its first octet, then a moment.
    """
    with opened(client) as connection:
        connection.settimeout(within)
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass  # it may refuse before it has read everything
        return _everything(connection)


def _everything(connection: ssl.SSLSocket) -> bytes:
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
            connection.settimeout(MOMENT)
    except OSError:
        pass
    return received


def statuses(answer: bytes) -> list[int]:
    """The status of each answer in what came back."""
    lines = answer.split(b"\r\n")
    return [int(line.split(b" ")[1]) for line in lines if line.startswith(b"HTTP/1.1 ")]


def is_closed(connection: ssl.SSLSocket, within: float) -> bool:
    """Whether the other side ends the connection within so many seconds, with or without an answer."""
    connection.settimeout(within)
    deadline = time.monotonic() + within
    try:
        while time.monotonic() < deadline:
            if not connection.recv(65536):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True
    return False
