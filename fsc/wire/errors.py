"""What can go wrong on a connection. Each message is a sentence that names the other side and holds no secret."""

from __future__ import annotations


class WireError(Exception):
    """Any failure of this layer."""


class ConnectError(WireError):
    """No connection: the name does not resolve, the address is refused by policy, or nobody answers there."""


class TlsError(WireError):
    """The TLS handshake failed, or the other side refused our certificate."""


class WireTimeoutError(WireError):
    """The other side took longer than the limit of this step."""


class ProtocolError(WireError):
    """The other side broke HTTP, or the connection ended in the middle of a message."""


class TlsFilesError(WireError):
    """Certificate, key or roots cannot be used; the message names the file."""


class BodyTooLargeError(WireError):
    """A body is longer than its reader accepts."""


class RequestBodyError(WireError):
    """The body of a request did not arrive whole.

    Attributes:
        status: what the client is answered when the handler lets this through.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Refusal(Exception):  # noqa: N818 - it is an answer rather than an error
    """What came in is no request that may be handled.

    Attributes:
        status: the answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
