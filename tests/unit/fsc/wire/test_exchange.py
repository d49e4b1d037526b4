"""Server and client together, over sockets, in each protocol: what one sends is what the other sees."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from support.wire import Way, run

from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.errors import ProtocolError
from wegennet.fsc.wire.message import Request, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wegennet.fsc.wire.message import Handler


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"piece"


async def mirror(request: Request) -> Response:
    return Response(200, [], request.body, trailers=lambda: request.body.trailers)


def always(response: Response) -> Handler:
    async def handler(request: Request) -> Response:
        return response

    return handler


@pytest.mark.parametrize("size", [0, 1, 1000, 1_000_000])
def test_a_body_of_octets_comes_back(way: Way, size: int) -> None:
    async def scenario() -> None:
        async with way.meet() as client:
            assert await client.get(b"POST", body=b"x" * size) == (200, b"x" * size)

    run(scenario)


def test_a_body_of_chunks_comes_back_chunk_by_chunk(way: Way) -> None:
    async def scenario() -> None:
        async with way.meet(mirror) as client:
            assert await client.get(b"POST", body=pieces(5000)) == (200, b"piece" * 5000)

    run(scenario)


def test_a_streamed_body_keeps_the_length_that_was_declared(way: Way) -> None:
    async def length(request: Request) -> Response:
        await read(request.body, 100)
        return Response(200, [], dict(request.headers)[b"content-length"])

    async def scenario() -> None:
        async with way.meet(length) as client:
            headers = [(b"content-length", b"15")]
            assert await client.get(b"PUT", headers=headers, body=pieces(3)) == (200, b"15")

    run(scenario)


@pytest.mark.parametrize("declared", [b"14", b"16"])
def test_a_streamed_body_that_is_not_as_long_as_declared_is_an_error(way: Way, declared: bytes) -> None:
    async def scenario() -> None:
        async with way.meet() as client:
            with pytest.raises(ValueError, match="Content-Length"):
                await client.get(b"PUT", headers=[(b"content-length", declared)], body=pieces(3))

    run(scenario)


@pytest.mark.parametrize("declared", [b"14", b"16"])
def test_a_streamed_answer_that_is_not_as_long_as_declared_breaks_off(way: Way, declared: bytes) -> None:
    async def wrong(request: Request) -> Response:
        return Response(200, [(b"content-length", declared)], pieces(3))

    async def scenario() -> None:
        async with way.meet(wrong) as client:
            with pytest.raises(ProtocolError):
                await client.get()

    run(scenario)


def test_trailers_go_both_ways(way: Way) -> None:
    async def scenario() -> None:
        sums = [(b"x-sum", b"15"), (b"x-sum", b"16")]
        async with (
            way.meet(mirror) as client,
            client.request(b"POST", body=pieces(3), trailers=lambda: sums) as response,
        ):
            assert (await read(response.body, 100), response.body.trailers) == (b"piece" * 3, sums)

    run(scenario)


def test_trailers_follow_a_body_that_is_there_at_once(way: Way) -> None:
    async def scenario() -> None:
        sums = [(b"x-sum", b"1")]
        async with (
            way.meet(mirror) as client,
            client.request(b"POST", body=b"octets", trailers=lambda: sums) as response,
        ):
            assert (await read(response.body, 100), response.body.trailers) == (b"octets", sums)

    run(scenario)


@pytest.mark.parametrize("name", [b"content-length", b"transfer-encoding", b"host", b"authorization", b"set-cookie"])
def test_a_field_that_may_be_no_trailer_is_dropped(way: Way, name: bytes) -> None:
    async def scenario() -> None:
        fields = [(name, b"1"), (b"x-sum", b"15")]
        async with (
            way.meet(mirror) as client,
            client.request(b"POST", body=pieces(3), trailers=lambda: fields) as response,
        ):
            await read(response.body, 100)
            assert response.body.trailers == [(b"x-sum", b"15")]

    run(scenario)


def test_fields_keep_their_order_and_duplicates(way: Way) -> None:
    fields = [(b"x-a", b"1"), (b"x-b", b""), (b"x-a", b"2"), (b"x-c", b"caf\xe9")]

    async def repeat(request: Request) -> Response:
        return Response(200, [header for header in request.headers if header[0].startswith(b"x-")])

    async def scenario() -> None:
        async with way.meet(repeat) as client, client.request(headers=fields) as response:
            assert [header for header in response.headers if header[0].startswith(b"x-")] == fields

    run(scenario)


def test_the_target_arrives_octet_for_octet(way: Way) -> None:
    target = b"/a%2Fb//./../c;d=%zz?e=f&g=%00|h"

    async def scenario() -> None:
        async with way.meet() as client, client.request(b"GET", target) as response:
            assert dict(response.headers)[b"x-target"] == target

    run(scenario)


def test_an_answer_to_head_has_fields_and_no_body(way: Way) -> None:
    async def scenario() -> None:
        async with way.meet(always(Response(200, [], b"12345"))) as client:
            async with client.request(b"HEAD") as response:
                assert dict(response.headers)[b"content-length"] == b"5"
            assert await client.get(b"HEAD") == (200, b"")

    run(scenario)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_leaves_the_connection_usable(way: Way, status: int) -> None:
    async def scenario() -> None:
        response = Response(status, [(b"content-length", b"9")], pieces(2))
        async with way.meet(always(response)) as client:
            assert [await client.get() for _ in range(2)] == [(status, b"")] * 2

    run(scenario)


def test_both_sides_can_stream_at_the_same_time(way: Way) -> None:
    """Each chunk goes out only after the one before came back."""

    async def scenario() -> None:
        came: asyncio.Queue[bytes] = asyncio.Queue()

        async def turns() -> AsyncIterator[bytes]:
            yield b"0"
            for turn in range(1, 5):
                assert await came.get() == b"%d" % (turn - 1)
                yield b"%d" % turn

        async with way.meet(mirror) as client, client.request(b"POST", body=turns()) as response:
            async for chunk in response.body:
                came.put_nowait(chunk)
        assert came.get_nowait() == b"4"

    run(scenario)


def test_a_client_that_waits_is_asked_for_the_body_when_the_handler_reads_it(way: Way) -> None:
    async def scenario() -> None:
        headers = [(b"expect", b"100-continue")]
        async with way.meet() as client:
            assert await client.get(b"POST", headers=headers, body=pieces(3)) == (200, b"piece" * 3)

    run(scenario)


def test_a_client_that_waits_sends_nothing_when_it_is_refused(way: Way) -> None:
    async def scenario() -> None:
        taken = False

        async def body() -> AsyncIterator[bytes]:
            nonlocal taken
            taken = True
            yield b"octets"

        async with way.meet(always(Response(403))) as client:
            assert (await client.get(b"POST", headers=[(b"expect", b"100-continue")], body=body()))[0] == 403
        assert not taken

    run(scenario)


def test_an_answer_may_come_before_the_body_is_read(way: Way) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    async def scenario() -> None:
        async with way.meet(always(Response(403, [], b"no"))) as client:
            assert await client.get(b"POST", body=endless()) == (403, b"no")

    run(scenario)


def test_a_failing_request_body_ends_the_exchange_with_its_own_error(way: Way) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"octets"
        raise LookupError("mine")

    async def scenario() -> None:
        async with way.meet() as client:
            with pytest.raises(LookupError, match="mine"):
                await client.get(b"POST", body=failing())

    run(scenario)


def test_a_handler_is_cancelled_when_its_client_gives_up(way: Way) -> None:
    async def scenario() -> None:
        started, stopped = asyncio.Event(), asyncio.Event()

        async def slow(request: Request) -> Response:
            started.set()
            try:
                await asyncio.sleep(3600)
            finally:
                stopped.set()
            return Response(200)

        async with way.meet(slow) as client:
            task = asyncio.create_task(client.get())
            await started.wait()
            task.cancel()
            await stopped.wait()

    run(scenario)


def test_an_answer_is_released_when_its_client_gives_up(way: Way) -> None:
    async def scenario() -> None:
        released = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 65536

        async def handler(request: Request) -> Response:
            return Response(200, [], endless(), release=released.set)

        async with way.meet(handler) as client:
            async with client.request() as response:
                await anext(aiter(response.body))
            await released.wait()

    run(scenario)


def test_many_requests_at_once_get_their_own_answers(way: Way) -> None:
    async def scenario() -> None:
        async with way.meet() as client:
            answers = await asyncio.gather(*(client.get(b"POST", body=b"%d" % n) for n in range(300)))
            assert answers == [(200, b"%d" % n) for n in range(300)]

    run(scenario)
