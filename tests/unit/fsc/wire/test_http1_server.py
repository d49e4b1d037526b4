"""The HTTP/1.1 server seen by a client that sends octets: framing, order, time limits, the end of connections."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from support.wire import echo, raw, run, sent, serving, statuses

from wegennet.fsc.wire.limits import Limits
from wegennet.fsc.wire.message import Headers, Request, Response
from wegennet.fsc.wire.server import Server
from wegennet.fsc.wire.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wegennet.fsc.wire.message import Handler

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = Limits(head=0.2, idle=0.2, keep_alive=0.2)


async def parts() -> AsyncIterator[bytes]:
    yield b"some"
    yield b""
    yield b" octets"


def handler_of(response: Response) -> Handler:
    async def handler(request: Request) -> Response:
        return response

    return handler


def answer(response: Response, request: bytes = LAST) -> bytes:
    """The octets of an answer, without its date."""
    result = b""

    async def scenario() -> None:
        nonlocal result
        async with serving(handler_of(response)) as origin:
            result = await sent(origin, request)

    run(scenario)
    return result


DATED: Headers = [(b"date", b"now")]
START = b"HTTP/1.1 200 OK\r\ndate: now\r\n"
CLOSE = b"connection: close\r\n\r\n"


def test_octets_are_sent_with_their_length() -> None:
    assert answer(Response(200, DATED, b"octets")) == START + b"content-length: 6\r\n" + CLOSE + b"octets"


def test_an_iterable_is_sent_in_chunks() -> None:
    chunks = b"4\r\nsome\r\n7\r\n octets\r\n0\r\n\r\n"
    assert answer(Response(200, DATED, parts())) == START + b"transfer-encoding: chunked\r\n" + CLOSE + chunks


def test_an_iterable_with_a_length_is_sent_as_it_is() -> None:
    headers = [*DATED, (b"content-length", b"11")]
    assert answer(Response(200, headers, parts())) == START + b"content-length: 11\r\n" + CLOSE + b"some octets"


def test_trailers_follow_the_last_chunk() -> None:
    response = Response(200, DATED, parts(), trailers=lambda: [(b"x-sum", b"11")])
    assert answer(response).endswith(b" octets\r\n0\r\nx-sum: 11\r\n\r\n")


def test_an_iterable_ends_with_the_connection_in_http_1_0() -> None:
    assert answer(Response(200, DATED, parts()), b"GET / HTTP/1.0\r\n\r\n") == START + CLOSE + b"some octets"


def test_an_answer_to_http_1_0_closes_even_when_asked_to_keep() -> None:
    request = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert answer(Response(200, DATED, b""), request) == START + b"content-length: 0\r\n" + CLOSE


@pytest.mark.parametrize("name", [b"connection", b"transfer-encoding", b"keep-alive", b"upgrade"])
def test_fields_of_the_connection_are_the_servers(name: bytes) -> None:
    response = Response(200, [*DATED, (name, b"x")], b"")
    assert answer(response) == START + b"content-length: 0\r\n" + CLOSE


def test_no_content_has_no_length() -> None:
    headers = [*DATED, (b"content-length", b"3")]
    assert answer(Response(204, headers, b"abc")) == b"HTTP/1.1 204 No Content\r\ndate: now\r\n" + CLOSE


def test_an_answer_to_head_says_the_length_that_it_is_given() -> None:
    request = LAST.replace(b"GET", b"HEAD")
    headers = [*DATED, (b"content-length", b"11")]
    assert answer(Response(200, headers, parts()), request) == START + b"content-length: 11\r\n" + CLOSE


@pytest.mark.parametrize(
    "response",
    [
        Response(200, [(b"x-a", b"b\r\nx-c: d")]),
        Response(200, [(b"x-a", b"b\nx-c: d")]),
        Response(200, [(b"x-a\r\nx-b", b"c")]),
        Response(200, [(b"X-A", b"b")]),
        Response(200, [(b"x a", b"b")]),
        Response(200, [(b"x-a", b"\0")]),
        Response(101),
        Response(200, [(b"content-length", b"x")], parts()),
    ],
)
def test_an_answer_that_would_be_malformed_becomes_500(response: Response) -> None:
    octets = answer(response)
    assert (statuses(octets), b"x-c" in octets) == ([500], False)


def test_a_failing_handler_is_answered_500_without_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(request: Request) -> Response:
        raise RuntimeError("a secret")

    async def scenario() -> None:
        async with serving(failing) as origin:
            octets = await sent(origin, LAST)
            assert (statuses(octets), b"secret" in octets, "a secret" in caplog.text) == ([500], False, True)

    run(scenario)


# Order and keeping.


def test_requests_in_a_row_are_answered_in_order() -> None:
    async def scenario() -> None:
        first = asyncio.Event()

        async def turned(request: Request) -> Response:
            if request.target == b"/0":
                await first.wait()
            return Response(200, [], request.target)

        async with serving(turned) as origin, raw(origin) as connection:
            await connection.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(3000)))
            asyncio.get_running_loop().call_later(0.05, first.set)
            assert [(await connection.answer())[2] for _ in range(3000)] == [b"/%d" % n for n in range(3000)]

    run(scenario)


def test_requests_with_bodies_in_a_row_are_answered_in_order() -> None:
    async def scenario() -> None:
        async with serving() as origin, raw(origin) as connection:
            requests = [POST + b"%05d" % n if n % 2 else CHUNKED + b"5\r\n%05d\r\n0\r\n\r\n" % n for n in range(2000)]
            await connection.send(b"".join(requests))
            assert [(await connection.answer())[2] for _ in range(2000)] == [b"%05d" % n for n in range(2000)]

    run(scenario)


def test_a_client_that_takes_no_answers_is_not_read_for_ever() -> None:
    """The answers of a flood of requests must not pile up in memory."""

    async def scenario() -> None:
        handled = 0

        async def big(request: Request) -> Response:
            nonlocal handled
            handled += 1
            return Response(200, [], b"x" * 100_000)

        async with serving(big) as origin, raw(origin, limit=1024) as connection:
            connection.writer.write(GET * 20_000)
            before = -1
            while before != handled:
                before = handled
                await asyncio.sleep(0.1)
            assert handled < 200
            connection.writer.transport.abort()

    run(scenario)


def test_nothing_is_answered_after_a_close() -> None:
    async def scenario() -> None:
        async with serving() as origin:
            assert statuses(await sent(origin, GET + LAST + GET)) == [200, 200]

    run(scenario)


def test_a_refusal_waits_for_the_answers_before_it() -> None:
    async def scenario() -> None:
        async with serving() as origin:
            assert statuses(await sent(origin, GET + b"nonsense\r\n\r\n")) == [200, 501]

    run(scenario)


def test_an_upgrade_is_ignored() -> None:
    upgrade = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n"

    async def scenario() -> None:
        async with serving() as origin:
            octets = await sent(origin, upgrade + b"first" + LAST)
            assert (statuses(octets), octets.count(b"first")) == ([200, 200], 1)

    run(scenario)


def test_a_connection_ends_after_connect() -> None:
    async def scenario() -> None:
        async with serving(handler_of(Response(405))) as origin:
            assert statuses(await sent(origin, b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n" + GET)) == [405]

    run(scenario)


# Bodies that nobody reads.


def test_a_small_unread_body_keeps_the_connection() -> None:
    async def scenario() -> None:
        async with serving(handler_of(Response(403))) as origin:
            assert statuses(await sent(origin, POST + b"12345" + LAST)) == [403, 403]

    run(scenario)


def test_a_large_unread_body_ends_the_connection_after_the_answer() -> None:
    async def scenario() -> None:
        async with serving(handler_of(Response(403))) as origin:
            large = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1_000_000
            assert statuses(await sent(origin, large + GET)) == [403]

    run(scenario)


def test_chunks_without_end_that_nobody_reads_end_the_connection() -> None:
    async def scenario() -> None:
        async with serving(handler_of(Response(403))) as origin, raw(origin) as connection:
            await connection.send(CHUNKED)
            assert (await connection.answer())[0] == 403
            with contextlib.suppress(OSError):
                while True:
                    await connection.send(b"4000\r\n" + b"x" * 16384 + b"\r\n")

    run(scenario)


def test_100_is_sent_when_the_handler_reads() -> None:
    async def scenario() -> None:
        async with serving() as origin, raw(origin) as connection:
            await connection.send(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
            assert await connection.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await connection.send(b"12345")
            assert (await connection.answer())[::2] == (200, b"12345")

    run(scenario)


def test_no_100_is_sent_when_the_handler_does_not_read() -> None:
    async def scenario() -> None:
        async with serving(handler_of(Response(403))) as origin:
            octets = await sent(origin, POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
            assert octets.startswith(b"HTTP/1.1 403 ")

    run(scenario)


def test_no_100_is_sent_to_http_1_0() -> None:
    async def scenario() -> None:
        async with serving() as origin, raw(origin) as connection:
            await connection.send(b"POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n12345")
            assert (await connection.answer())[::2] == (200, b"12345")

    run(scenario)


# Time limits.


def test_a_head_that_does_not_come_to_an_end_is_answered_408() -> None:
    async def scenario() -> None:
        async with serving(limits=SHORT) as origin:
            assert statuses(await sent(origin, b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow:")) == [408]

    run(scenario)


def dripped(start: bytes, drop: bytes, limits: Limits) -> list[int]:
    """What a client is answered that sends one octet after another until it is answered."""
    result: list[int] = []

    async def scenario() -> None:
        async with serving(limits=limits) as origin, raw(origin) as connection:
            answers = asyncio.create_task(connection.rest())
            await connection.send(start)
            with contextlib.suppress(OSError):
                while not answers.done():
                    await connection.send(drop)
                    await asyncio.sleep(0.01)
            with contextlib.suppress(ConnectionResetError):
                result.extend(statuses(await answers))

    run(scenario, 5)
    return result


def test_octets_now_and_then_do_not_prolong_the_time_for_a_head() -> None:
    assert dripped(b"GET / HTTP/1.1\r\nX-Slow: ", b"a", SHORT) == [408]


def test_empty_lines_do_not_prolong_the_time_between_requests() -> None:
    assert dripped(b"", b"\r\n", SHORT) == []


def test_a_body_slower_than_the_least_rate_is_answered_408() -> None:
    start = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n"
    assert dripped(start, b"x", Limits(idle=0.2, min_rate=10_000)) == [408]


@pytest.mark.parametrize("start", [b"", GET], ids=["at once", "after a request"])
def test_a_connection_on_which_nothing_happens_is_closed(start: bytes) -> None:
    async def scenario() -> None:
        async with serving(limits=SHORT) as origin:
            assert len(statuses(await sent(origin, start))) == len(start[:1])

    run(scenario)


@pytest.mark.parametrize("start", [POST, CHUNKED, CHUNKED + b"5\r\n"])
def test_a_body_that_does_not_come_is_answered_408(start: bytes) -> None:
    async def scenario() -> None:
        async with serving(limits=SHORT) as origin:
            assert statuses(await sent(origin, start + b"1")) == [408]

    run(scenario)


def test_a_slow_handler_is_not_the_clients_fault() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.6)
        return await echo(request)

    async def scenario() -> None:
        async with serving(slow, limits=SHORT) as origin:
            assert statuses(await sent(origin, POST + b"12345" + LAST)) == [200, 200]

    run(scenario)


def test_a_client_that_takes_nothing_of_an_answer_is_cut_off() -> None:
    async def scenario() -> None:
        released = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 65536

        async def handler(request: Request) -> Response:
            return Response(200, [], endless(), release=released.set)

        async with serving(handler, limits=SHORT) as origin, raw(origin, limit=1024) as connection:
            await connection.send(GET)
            await released.wait()
            connection.writer.transport.abort()

    run(scenario, 10)


# Many connections, and the end of the server.


def test_connections_above_the_limit_wait_for_a_place() -> None:
    async def scenario() -> None:
        hold = asyncio.Event()

        async def held(request: Request) -> Response:
            await hold.wait()
            return Response(200)

        async with serving(held, limits=Limits(connections=2)) as origin:
            waiting = [asyncio.create_task(sent(origin, LAST)) for _ in range(5)]
            await asyncio.sleep(0.1)
            assert not any(task.done() for task in waiting)
            hold.set()
            assert [statuses(octets) for octets in await asyncio.gather(*waiting)] == [[200]] * 5

    run(scenario)


def test_an_idle_connection_makes_room_for_a_new_one() -> None:
    async def scenario() -> None:
        async with serving(limits=Limits(connections=2)) as origin, raw(origin) as first, raw(origin) as second:
            for connection in (first, second):
                await connection.send(GET)
                await connection.answer()
            assert statuses(await sent(origin, LAST)) == [200]

    run(scenario)


def test_a_handler_is_cancelled_when_its_client_goes_away() -> None:
    async def scenario() -> None:
        started, stopped = asyncio.Event(), asyncio.Event()

        async def slow(request: Request) -> Response:
            started.set()
            try:
                await asyncio.sleep(3600)
            finally:
                stopped.set()
            return Response(200)

        async with serving(slow) as origin:
            async with raw(origin) as connection:
                await connection.send(GET)
                await started.wait()
            await stopped.wait()

    run(scenario)


async def served(handler: Handler) -> tuple[Server, int]:
    server = Server(handler)
    return server, await server.listen("127.0.0.1", 0)


def test_draining_lets_requests_in_flight_end_and_says_close() -> None:
    async def scenario() -> None:
        started, hold = asyncio.Event(), asyncio.Event()

        async def held(request: Request) -> Response:
            started.set()
            await hold.wait()
            return Response(200, [], b"done")

        server, port = await served(held)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        await started.wait()
        draining = asyncio.create_task(server.drain(5))
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        hold.set()
        octets = await reader.read()
        await draining
        assert (b"connection: close" in octets, octets.endswith(b"done")) == (True, True)
        writer.close()

    run(scenario)


def test_draining_closes_idle_connections_at_once() -> None:
    async def scenario() -> None:
        server, port = await served(echo)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        await server.drain(60)
        assert await reader.read() == b""
        writer.close()

    run(scenario, 5)


def test_draining_cuts_off_what_takes_too_long() -> None:
    async def scenario() -> None:
        started = asyncio.Event()

        async def never(request: Request) -> Response:
            started.set()
            await asyncio.sleep(3600)
            return Response(200)

        server, port = await served(never)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        await started.wait()
        await server.drain(0.05)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert server.connections == 0
        writer.close()

    run(scenario, 5)


def test_two_processes_can_share_a_port() -> None:
    async def scenario() -> None:
        first, second = Server(echo), Server(echo)
        port = await first.listen("127.0.0.1", 0, reuse_port=True)
        assert await second.listen("127.0.0.1", port, reuse_port=True) == port
        await first.drain(0)
        await second.drain(0)

    run(scenario)


def test_one_server_can_listen_on_all_addresses() -> None:
    async def scenario() -> None:
        server = Server(echo)
        port = await server.listen("", 0)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await server.drain(0)

    run(scenario)


def test_a_handler_whose_own_task_was_cancelled_is_answered_500() -> None:
    async def cancelled(request: Request) -> Response:
        raise asyncio.CancelledError

    async def scenario() -> None:
        async with serving(cancelled) as origin:
            assert statuses(await sent(origin, GET + LAST)) == [500, 500]

    run(scenario)


def test_a_release_that_fails_leaves_the_connection_usable() -> None:
    def failing() -> None:
        raise RuntimeError("mine")

    async def scenario() -> None:
        async with serving(handler_of(Response(200, release=failing))) as origin:
            assert statuses(await sent(origin, GET + LAST)) == [200, 200]

    run(scenario)


def test_upgrades_in_a_row_are_ignored() -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost:\r\nUpgrade:a\r\nConnection:upgrade\r\n\r\n"

    async def scenario() -> None:
        async with serving() as origin:
            assert statuses(await sent(origin, upgrade * 5000 + LAST)) == [200] * 5001

    run(scenario)


def test_a_body_that_breaks_in_the_middle_of_an_answer_ends_it_in_one_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def mirror(request: Request) -> Response:
        return Response(200, [], request.body)

    async def scenario() -> None:
        async with serving(mirror) as origin, raw(origin) as connection:
            await connection.send(CHUNKED + b"5\r\n12345\r\n")
            await connection.head()
            await connection.send(b"nonsense")
            with contextlib.suppress(ConnectionResetError):
                assert not (await connection.rest()).endswith(b"0\r\n\r\n")

    run(scenario)
    assert "Traceback" not in caplog.text


def test_the_end_of_an_answer_waits_for_a_client_that_is_slow_to_take_it() -> None:
    """Closing takes as long as the client goes on taking, however short the limit."""

    async def scenario() -> None:
        size = 3_000_000
        async with serving(handler_of(Response(200, [], b"x" * size)), limits=SHORT) as origin:
            async with raw(origin, limit=1024) as connection:
                await connection.send(LAST)
                taken = 0
                while data := await connection.reader.read(100_000):
                    taken += len(data)
                    await asyncio.sleep(0.02)
            assert taken > size

    run(scenario)


def test_one_connection_whose_limits_cannot_be_checked_leaves_those_of_others() -> None:
    class Failing:
        def check(self, now: float) -> None:  # noqa: ARG002
            raise RuntimeError("mine")

    class Counting:
        def __init__(self) -> None:
            self.checked = asyncio.Event()

        def check(self, now: float) -> None:  # noqa: ARG002
            self.checked.set()

    async def scenario() -> None:
        sweep, counting = Sweep(asyncio.get_running_loop(), 0.1), Counting()
        sweep.add(Failing())
        sweep.add(counting)
        for _ in range(3):
            counting.checked.clear()
            await counting.checked.wait()
        sweep.members.clear()

    run(scenario, 5)
