"""The body of a request that may have to be sent a second time, with another token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire.body import BodyStream, NoBody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wegennet.fsc.wire.message import Body

_LARGEST: Final = 64 * 1024


class Repeatable:
    """A body that streams through, and of which a copy is kept while it is small.

    Args:
        body: what the client sends.
        largest: octets of which a copy is kept.
    """

    def __init__(self, body: Body, largest: int = _LARGEST) -> None:
        self._body = body
        self._largest = largest
        self._size = 0
        self._kept: list[bytes] = []

    @property
    def again(self) -> bool:
        """Whether iterating once more gives all of it from the start."""
        return self._size <= self._largest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """What was kept, then what is still to come."""
        for chunk in tuple(self._kept):
            yield chunk
        async for chunk in self._body:
            self._keep(chunk)
            yield chunk

    def _keep(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self.again:
            self._kept.append(chunk)
        else:
            self._kept.clear()


def sendable(body: Body) -> bytes | Repeatable | None:
    """A body as it can be sent, twice if need be: nothing, octets that are there already, or a stream."""
    if isinstance(body, NoBody):
        return None
    whole = body.whole() if isinstance(body, BodyStream) else None
    return Repeatable(body) if whole is None else whole


def repeatable(body: bytes | Repeatable | None) -> bool:
    """Whether this can be sent once more."""
    return not isinstance(body, Repeatable) or body.again
