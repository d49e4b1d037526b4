"""The HTTP/2 server seen by a client that sends frames: rules of messages, limits, floods, the end of connections."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from h2.errors import ErrorCodes
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from support.wire import H2Raw, echo, h2_raw, raw, run, serving

from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.limits import Limits
from wegennet.fsc.wire.message import Headers, Request, Response
from wegennet.fsc.wire.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from wegennet.fsc.wire.message import Handler

HEAD: Headers = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/")]
SHORT = Limits(head=0.2, idle=0.2, keep_alive=0.2)


def against(
    talk: Callable[[H2Raw], Awaitable[None]], handler: Handler = echo, limits: Limits | None = None, seconds: float = 10
) -> None:
    """Runs one side of a conversation."""

    async def scenario() -> None:
        async with serving(handler, limits=limits) as origin, h2_raw(origin) as client:
            await talk(client)

    run(scenario, seconds)


def changed(*fields: tuple[bytes, bytes]) -> Headers:
    """The usual head with other or more fields."""
    pseudo = {name for name, _ in fields if name[:1] == b":"}
    kept = [header for header in HEAD if header[0] not in pseudo]
    first = [field for field in fields if field[0][:1] == b":"]
    return [*kept, *first, *(field for field in fields if field[0][:1] != b":")]


MALFORMED: dict[str, Headers] = {
    "a name in upper case": changed((b"X-A", b"b")),
    "a name with a space": changed((b"x a", b"b")),
    "an empty name": changed((b"", b"b")),
    "LF in a value": changed((b"x-a", b"b\nc: d")),
    "CR in a value": changed((b"x-a", b"b\rc")),
    "NUL in a value": changed((b"x-a", b"b\0c")),
    "space before a value": changed((b"x-a", b" b")),
    "space after a value": changed((b"x-a", b"b ")),
    "connection": changed((b"connection", b"close")),
    "transfer-encoding": changed((b"transfer-encoding", b"chunked")),
    "upgrade": changed((b"upgrade", b"h2c")),
    "keep-alive": changed((b"keep-alive", b"1")),
    "te that is not trailers": changed((b"te", b"gzip")),
    "no method": HEAD[1:],
    "no path": HEAD[:3],
    "no scheme": [*HEAD[:1], *HEAD[2:]],
    "no authority": [*HEAD[:2], *HEAD[3:]],
    "a path twice": [*HEAD, (b":path", b"/b")],
    "an unknown pseudo-field": changed((b":protocol", b"websocket")),
    "a pseudo-field after a field": [*HEAD[:3], (b"x-a", b"b"), HEAD[3]],
    "a path that is none": changed((b":path", b"a")),
    "an empty path": changed((b":path", b"")),
    "a path with a space": changed((b":path", b"/a b")),
    "a path with a line break": changed((b":path", b"/a HTTP/1.1\r\nx: y")),
    "a method with a space": changed((b":method", b"GET /x")),
    "a scheme that is unknown": changed((b":scheme", b"ftp")),
    "an authority with user information": changed((b":authority", b"user@a")),
    "an authority with a path": changed((b":authority", b"a/b")),
    "a Host that differs": changed((b"host", b"b")),
    "two Hosts": changed((b"host", b"a"), (b"host", b"a")),
    "the whole server for POST": changed((b":path", b"*")),
    "CONNECT with a path": changed((b":method", b"CONNECT")),
    "a length and no body": changed((b"content-length", b"5")),
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_ends_its_stream_only(fields: Headers) -> None:
    async def talk(client: H2Raw) -> None:
        bad = await client.request(fields)
        assert await client.end_of(bad) == ErrorCodes.PROTOCOL_ERROR
        assert await client.answer(await client.request(HEAD)) == (200, b"")

    against(talk)


@pytest.mark.parametrize("data", [b"1234", b"123456"], ids=["shorter", "longer"])
def test_a_body_that_is_not_as_long_as_declared_ends_its_stream_only(data: bytes) -> None:
    async def talk(client: H2Raw) -> None:
        bad = await client.request(changed((b"content-length", b"5")), end=False)
        await client.frames(DataFrame(bad, data, flags=["END_STREAM"]))
        assert await client.end_of(bad) == ErrorCodes.PROTOCOL_ERROR
        assert await client.answer(await client.request(HEAD)) == (200, b"")

    against(talk)


def test_trailers_do_not_excuse_a_short_body() -> None:
    async def talk(client: H2Raw) -> None:
        bad = await client.request(changed((b"content-length", b"5")), end=False)
        await client.frames(DataFrame(bad, b"1234"))
        await client.headers(bad, [(b"x-sum", b"4")], end=True)
        assert await client.end_of(bad) == ErrorCodes.PROTOCOL_ERROR

    against(talk)


def test_a_pseudo_field_is_no_trailer() -> None:
    async def talk(client: H2Raw) -> None:
        bad = await client.request(HEAD, end=False)
        await client.headers(bad, [(b":path", b"/b")], end=True)
        assert await client.end_of(bad) == ErrorCodes.PROTOCOL_ERROR

    against(talk)


def test_crumbs_of_a_cookie_are_put_together() -> None:
    async def cookies(request: Request) -> Response:
        return Response(200, [], b"|".join(value for name, value in request.headers if name == b"cookie"))

    async def talk(client: H2Raw) -> None:
        stream = await client.request(changed((b"cookie", b"a=b"), (b"cookie", b"c=d")))
        assert await client.answer(stream) == (200, b"a=b; c=d")

    against(talk, cookies)


def test_connect_reaches_the_handler_and_tunnels_nothing() -> None:
    async def refuse(request: Request) -> Response:
        return Response(405, [], request.method + b" " + request.target)

    async def talk(client: H2Raw) -> None:
        stream = await client.request([(b":method", b"CONNECT"), (b":authority", b"b:443")], end=False)
        assert await client.answer(stream) == (405, b"CONNECT b:443")

    against(talk, refuse)


@pytest.mark.parametrize(
    ("fields", "limits", "status"),
    [
        (changed((b":path", b"/" + b"a" * 100)), Limits(target_bytes=100), 414),
        (changed((b"x-a", b"b" * 900)), Limits(head_bytes=1000), 431),
        (changed(*[(b"x-a", b"b")] * 10), Limits(headers=9), 431),
        (changed((b"expect", b"cake")), Limits(), 417),
    ],
)
def test_a_head_beyond_a_limit_is_answered(fields: Headers, limits: Limits, status: int) -> None:
    async def talk(client: H2Raw) -> None:
        assert await client.answer(await client.request(fields)) == (status, b"")

    against(talk, limits=limits)


def test_an_early_answer_tells_the_client_to_stop_sending() -> None:
    async def refuse(request: Request) -> Response:
        return Response(403)

    async def talk(client: H2Raw) -> None:
        stream = await client.request(HEAD, end=False)
        assert await client.end_of(stream) == ErrorCodes.NO_ERROR

    against(talk, refuse)


# Flow control.


def test_a_body_that_nobody_reads_is_held_at_the_window() -> None:
    async def scenario() -> None:
        hold = asyncio.Event()

        async def late(request: Request) -> Response:
            await hold.wait()
            return Response(200, [], b"%d" % len(await read(request.body, 1 << 30)))

        limits = Limits(stream_window=100_000, connection_window=100_000)
        async with serving(late, limits=limits) as origin, h2_raw(origin) as client:
            stream = await client.request(HEAD, end=False)
            sending = asyncio.create_task(client.send(stream, b"x" * 1_000_000))
            await asyncio.sleep(0.2)
            assert not sending.done()
            hold.set()
            await sending
            assert await client.answer(stream) == (200, b"1000000")

    run(scenario)


def test_bodies_that_handlers_leave_do_not_use_up_the_connection() -> None:
    async def refuse(request: Request) -> Response:
        return Response(403)

    async def talk(client: H2Raw) -> None:
        for _ in range(50):
            stream = await client.request(HEAD, end=False)
            await client.frames(*(DataFrame(stream, b"x" * 16_000) for _ in range(3)))
            await client.end_of(stream)

    against(talk, refuse, Limits(connection_window=200_000))


def test_padding_counts_as_used() -> None:
    async def talk(client: H2Raw) -> None:
        stream = await client.request(HEAD, end=False)
        for _ in range(2000):
            await client.frames(DataFrame(stream, b"x", pad_length=255, flags=["PADDED"]))
            await client.take_in()
        await client.frames(DataFrame(stream, b"", flags=["END_STREAM"]))
        assert (await client.answer(stream))[1] == b"x" * 2000

    against(talk)


def test_an_answer_waits_for_the_window_of_the_client() -> None:
    async def big(request: Request) -> Response:
        return Response(200, [], b"x" * 1_000_000)

    async def talk(client: H2Raw) -> None:
        stream = await client.request(HEAD)
        assert await client.answer(stream) == (200, b"x" * 1_000_000)

    against(talk, big)


# Limits and floods.


def test_a_stream_too_many_is_refused() -> None:
    async def scenario() -> None:
        hold = asyncio.Event()

        async def held(request: Request) -> Response:
            await hold.wait()
            return Response(200)

        async with serving(held, limits=Limits(streams=3)) as origin, h2_raw(origin, settled=False) as client:
            streams = [await client.request(HEAD) for _ in range(4)]
            assert await client.end_of(streams[3]) == ErrorCodes.REFUSED_STREAM
            hold.set()
            assert [(await client.answer(stream))[0] for stream in streams[:3]] == [200] * 3

    run(scenario)


def ends_with(code: ErrorCodes, talk: Callable[[H2Raw], Awaitable[None]], limits: Limits | None = None) -> None:
    """The server ends the connection with GOAWAY and `code`."""

    async def whole(client: H2Raw) -> None:
        with contextlib.suppress(OSError):
            await talk(client)
        assert await client.goaway() == code

    against(whole, limits=limits)


def test_streams_cancelled_at_once_are_a_flood() -> None:
    async def talk(client: H2Raw) -> None:
        for _ in range(1000):
            stream = await client.request(HEAD)
            await client.frames(RstStreamFrame(stream, error_code=8))

    ends_with(ErrorCodes.ENHANCE_YOUR_CALM, talk)


def test_streams_that_the_server_must_reset_are_a_flood() -> None:
    async def talk(client: H2Raw) -> None:
        for _ in range(1000):
            stream = await client.request(HEAD, end=False)
            await client.frames(WindowUpdateFrame(stream, window_increment=2**31 - 1))

    ends_with(ErrorCodes.ENHANCE_YOUR_CALM, talk)


def test_malformed_requests_are_a_flood() -> None:
    async def talk(client: H2Raw) -> None:
        for _ in range(1000):
            await client.request(changed((b"connection", b"close")))

    ends_with(ErrorCodes.ENHANCE_YOUR_CALM, talk)


FLOODS: dict[str, Frame] = {
    "settings": SettingsFrame(0),
    "pings": PingFrame(0, b"12345678"),
    "window updates": WindowUpdateFrame(0, window_increment=1),
}


@pytest.mark.parametrize("frame", FLOODS.values(), ids=FLOODS)
def test_frames_that_carry_nothing_are_a_flood(frame: Frame) -> None:
    async def talk(client: H2Raw) -> None:
        await client.octets(frame.serialize() * 10_000)

    ends_with(ErrorCodes.ENHANCE_YOUR_CALM, talk)


def test_empty_data_frames_are_a_flood() -> None:
    async def talk(client: H2Raw) -> None:
        stream = await client.request(HEAD, end=False)
        await client.octets(DataFrame(stream, b"").serialize() * 10_000)

    ends_with(ErrorCodes.ENHANCE_YOUR_CALM, talk)


def test_continuations_without_end_are_a_flood() -> None:
    async def talk(client: H2Raw) -> None:
        await client.octets(HeadersFrame(1, b"\x00" * 2000).serialize())
        await client.octets(ContinuationFrame(1, b"\x00" * 2000).serialize() * 1000)

    ends_with(ErrorCodes.ENHANCE_YOUR_CALM, talk)


def test_empty_continuations_are_a_flood() -> None:
    async def talk(client: H2Raw) -> None:
        await client.octets(HeadersFrame(1, b"").serialize() + ContinuationFrame(1, b"").serialize() * 10_000)

    ends_with(ErrorCodes.PROTOCOL_ERROR, talk)


def test_a_header_bomb_is_refused() -> None:
    """A large field in the table, referred to again and again: few octets on the wire, many in memory."""

    async def talk(client: H2Raw) -> None:
        block = client.encode([*HEAD, (b"x-a", b"b" * 3000)])
        await client.octets(HeadersFrame(1, block, flags=["END_HEADERS", "END_STREAM"]).serialize())
        again = client.encode([*HEAD, *[(b"x-a", b"b" * 3000)] * 1000])
        assert len(again) < 2000
        await client.octets(HeadersFrame(3, again, flags=["END_HEADERS", "END_STREAM"]).serialize())

    ends_with(ErrorCodes.ENHANCE_YOUR_CALM, talk)


def test_a_frame_that_is_too_long_is_refused_by_its_header() -> None:
    async def talk(client: H2Raw) -> None:
        await client.octets(b"\xff\xff\xff" + DataFrame(1, b"").serialize()[3:])

    ends_with(ErrorCodes.FRAME_SIZE_ERROR, talk)


BROKEN: dict[str, bytes] = {
    "data on no stream": DataFrame(1, b"x").serialize(),
    "a naked continuation": ContinuationFrame(1, b"", flags=["END_HEADERS"]).serialize(),
    "headers with broken compression": HeadersFrame(1, b"\xff" * 20, flags=["END_HEADERS"]).serialize(),
    "an even stream": HeadersFrame(2, b"\x82", flags=["END_HEADERS"]).serialize(),
    "a ping of seven octets": b"\x00\x00\x07" + PingFrame(0, b"12345678").serialize()[3:-1],
    "settings on a stream": b"\x00\x00\x00\x04\x00\x00\x00\x00\x01",
    "a window update of nothing": b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    "another frame within headers": HeadersFrame(1, b"\x82").serialize() + PingFrame(0, b"12345678").serialize(),
}


@pytest.mark.parametrize("octets", BROKEN.values(), ids=BROKEN)
def test_a_broken_frame_ends_the_connection(octets: bytes) -> None:
    async def talk(client: H2Raw) -> None:
        await client.octets(octets)
        assert await client.goaway() not in {None, ErrorCodes.NO_ERROR}

    against(talk)


def test_pings_whose_answers_are_not_taken_do_not_fill_memory() -> None:
    """The client's windows are full, and it reads nothing."""

    async def scenario() -> None:
        async with serving() as origin, h2_raw(origin) as client:
            with contextlib.suppress(OSError):
                for _ in range(200):
                    await client.octets(PingFrame(0, b"12345678").serialize() * 1000)
            assert await client.goaway() in {ErrorCodes.ENHANCE_YOUR_CALM, None}

    run(scenario)


# Time limits.


@pytest.mark.parametrize("octets", [b"", b"PRI * HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00"])
def test_a_connection_that_does_not_begin_is_closed(octets: bytes) -> None:
    async def scenario() -> None:
        async with serving(limits=SHORT) as origin, raw(origin) as connection:
            await connection.send(octets)
            with contextlib.suppress(ConnectionResetError):
                await connection.rest()

    run(scenario, 3)


def test_headers_without_end_are_not_waited_for() -> None:
    async def talk(client: H2Raw) -> None:
        await client.octets(HeadersFrame(1, b"\x82").serialize())
        assert await client.goaway() == ErrorCodes.NO_ERROR

    against(talk, limits=SHORT, seconds=3)


def test_a_connection_on_which_nothing_happens_is_closed() -> None:
    async def talk(client: H2Raw) -> None:
        await client.answer(await client.request(HEAD))
        assert await client.goaway() == ErrorCodes.NO_ERROR

    against(talk, limits=SHORT, seconds=3)


def test_a_body_that_does_not_come_is_answered_408() -> None:
    async def talk(client: H2Raw) -> None:
        stream = await client.request(HEAD, end=False)
        assert (await client.answer(stream))[0] == 408

    against(talk, limits=SHORT, seconds=3)


def test_a_client_that_opens_no_window_is_cut_off() -> None:
    async def scenario() -> None:
        released = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 65536

        async def handler(request: Request) -> Response:
            return Response(200, [], endless(), release=released.set)

        async with serving(handler, limits=SHORT) as origin, h2_raw(origin) as client:
            await client.request(HEAD)
            await released.wait()

    run(scenario, 3)


# The end.


def test_a_handler_is_cancelled_when_its_stream_is_reset() -> None:
    async def scenario() -> None:
        started, stopped = asyncio.Event(), asyncio.Event()

        async def slow(request: Request) -> Response:
            started.set()
            try:
                await asyncio.sleep(3600)
            finally:
                stopped.set()
            return Response(200)

        async with serving(slow) as origin, h2_raw(origin) as client:
            stream = await client.request(HEAD)
            await started.wait()
            await client.frames(RstStreamFrame(stream, error_code=8))
            await stopped.wait()

    run(scenario)


def test_draining_lets_streams_end_and_takes_up_no_new_ones() -> None:
    async def scenario() -> None:
        started, hold = asyncio.Event(), asyncio.Event()

        async def held(request: Request) -> Response:
            started.set()
            await hold.wait()
            return Response(200, [], b"done")

        server = Server(held)
        port = await server.listen("127.0.0.1", 0)
        async with h2_raw(("127.0.0.1", port)) as client:
            stream = await client.request(HEAD)
            await started.wait()
            draining = asyncio.create_task(server.drain(5))
            assert await client.goaway() == ErrorCodes.NO_ERROR
            late = await client.request(HEAD)
            assert await client.end_of(late) == ErrorCodes.REFUSED_STREAM
            hold.set()
            assert await client.answer(stream) == (200, b"done")
            await draining

    run(scenario)


def test_streams_go_on_after_a_goaway_of_the_client() -> None:
    async def scenario() -> None:
        started, hold = asyncio.Event(), asyncio.Event()

        async def held(request: Request) -> Response:
            started.set()
            await hold.wait()
            return Response(200, [], b"done")

        async with serving(held) as origin, h2_raw(origin) as client:
            stream = await client.request(HEAD)
            await started.wait()
            await client.frames(GoAwayFrame(0))
            hold.set()
            assert await client.answer(stream) == (200, b"done")

    run(scenario)


def test_requests_that_are_given_up_among_others_are_no_flood() -> None:
    async def scenario() -> None:
        async def slow(request: Request) -> Response:
            if request.target == b"/slow":
                await asyncio.sleep(3600)
            return Response(200)

        async with serving(slow) as origin, h2_raw(origin) as client:
            for _ in range(600):
                given_up = await client.request(changed((b":path", b"/slow")))
                for _ in range(2):
                    assert (await client.answer(await client.request(HEAD)))[0] == 200
                await client.frames(RstStreamFrame(given_up, error_code=8))

    run(scenario)
