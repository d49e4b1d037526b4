"""Bodies that stream in, with bounded memory: a reader that is slow holds back who sends."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from wegennet.fsc.wire.errors import BodyTooLargeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from wegennet.fsc.wire.message import Headers


_SMALL: Final = 2048


class Source(Protocol):
    """The connection that a body comes from."""

    def body_wanted(self, body: BodyStream) -> None:
        """The reader waits for more."""

    def body_taken(self, body: BodyStream, size: int) -> None:
        """The reader took `size` octets."""


class BodyStream:
    """A body between the connection that feeds it and the one task that reads it.

    Attributes:
        trailers: trailer fields; complete after the last chunk.
        size: octets that wait for the reader.
        ended: whether all of it has arrived, or never will.
    """

    __slots__ = ("_chunks", "_error", "_source", "_waiter", "ended", "size", "trailers")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._chunks: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.trailers: Headers = []
        self.size = 0
        self.ended = False

    def __aiter__(self) -> BodyStream:
        return self

    async def __anext__(self) -> bytes:
        while not self._chunks:
            if self.ended:
                raise self._error or StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            self._source.body_wanted(self)
            try:
                await self._waiter
            finally:
                self._waiter = None
        chunk = self._chunks.popleft()
        self.size -= len(chunk)
        self._source.body_taken(self, len(chunk))
        return chunk

    def whole(self) -> bytes | None:
        """Takes everything at once when the body has arrived whole; None when it has not.

        A small message need not be streamed on: it is forwarded in one piece, which is a good deal faster.
        """
        if not self.ended or self._error:
            return None
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        if self.size:
            self._chunks.clear()
            self.size = 0
            self._source.body_taken(self, len(data))
        return data

    def feed(self, chunk: bytes) -> None:
        """Adds what arrived."""
        if self.ended:
            return
        if self._chunks and len(chunk) < _SMALL and len(self._chunks[-1]) < _SMALL:
            # Crumbs are put together: each would take far more memory than its octets.
            self._chunks[-1] += chunk
        else:
            self._chunks.append(chunk)
        self.size += len(chunk)
        self._wake()

    def finish(self, trailers: Headers) -> None:
        """The last chunk has arrived."""
        if not self.ended:
            self.trailers = trailers
            self.ended = True
            self._wake()

    def fail(self, error: Exception) -> None:
        """The rest will not arrive; the reader gets what waits, then `error`."""
        if not self.ended:
            self._error = error
            self.ended = True
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class NoBody:
    """The body of a message that has none."""

    __slots__ = ()

    ended = True

    @property
    def trailers(self) -> Headers:
        """There are none."""
        return []

    def __aiter__(self) -> NoBody:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration

    def whole(self) -> bytes:
        """Nothing."""
        return b""


NO_BODY = NoBody()


async def read(body: AsyncIterable[bytes], limit: int) -> bytes:
    """The whole of a body.

    Raises:
        BodyTooLargeError: it is longer than `limit` octets; the rest is left unread.
    """
    chunks, size = [], 0
    async for chunk in body:
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError(f"the body is longer than {limit} octets")
    return b"".join(chunks)
