"""The body of a request that may be sent twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from wegennet.fsc.outway.repeat import Repeatable, repeatable, sendable
from wegennet.fsc.wire.body import NO_BODY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wegennet.fsc.wire.message import Headers


class Body:
    """A body in pieces; counts those that were taken."""

    trailers: Headers = []  # noqa: RUF012 - as the protocol has it

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = iter(pieces)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            raise StopAsyncIteration from None


async def whole(body: Repeatable) -> list[bytes]:
    return [chunk async for chunk in body]


def test_a_small_body_can_be_read_twice() -> None:
    async def scenario() -> None:
        body = Repeatable(Body(b"a", b"b"))
        assert [await whole(body), await whole(body)] == [[b"a", b"b"], [b"a", b"b"]]

    asyncio.run(scenario())


def test_a_body_that_was_read_in_part_begins_again_and_goes_on() -> None:
    async def scenario() -> None:
        body = Repeatable(Body(b"a", b"b", b"c"))
        await anext(aiter(body))
        assert await whole(body) == [b"a", b"b", b"c"]

    asyncio.run(scenario())


def test_a_body_that_grew_too_large_cannot_be_sent_again() -> None:
    async def scenario() -> None:
        body = Repeatable(Body(b"aa", b"bb"), largest=3)
        await whole(body)
        assert not repeatable(body)

    asyncio.run(scenario())


def test_of_a_large_body_no_copy_is_kept() -> None:
    async def scenario() -> None:
        body = Repeatable(Body(b"aa", b"bb"), largest=3)
        await whole(body)
        assert await whole(body) == []

    asyncio.run(scenario())


def test_no_body_can_be_sent_again() -> None:
    assert repeatable(sendable(NO_BODY))
