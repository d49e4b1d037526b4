"""The client against servers that the test writes by hand: framing, kept connections, repeating, limits, errors."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Any

import pytest
from support.wire import run, scripted

from wegennet.fsc.wire.body import BodyStream, read
from wegennet.fsc.wire.errors import ConnectError, ProtocolError, WireTimeoutError
from wegennet.fsc.wire.limits import ClientLimits, Timeouts
from wegennet.fsc.wire.message import Headers, Origin
from wegennet.fsc.wire.pool import ClientPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answered(octets: bytes, method: bytes = b"GET", **options: Any) -> tuple[int, bytes, Headers]:
    """What the client makes of an answer after which the server closes."""
    result: list[tuple[int, bytes, Headers]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(octets)
        writer.close()

    async def scenario() -> None:
        async with scripted(serve) as origin, ClientPool().request(origin, method, b"/", **options) as response:
            result.append((response.status, await read(response.body, 1 << 20), response.body.trailers))

    run(scenario)
    return result[0]


GOOD: dict[str, tuple[bytes, bytes, Headers]] = {
    "a length": (b"Content-Length: 2\r\n\r\nok", b"ok", []),
    "a length of nothing": (b"Content-Length: 0\r\n\r\n", b"", []),
    "chunks": (b"Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", b"ok", []),
    "trailers": (b"Transfer-Encoding: CHUNKED\r\n\r\n0\r\nX-A: b\r\nHost: c\r\n\r\n", b"", [(b"x-a", b"b")]),
    "until the end": (b"\r\nok", b"ok", []),
}


@pytest.mark.parametrize(("rest", "body", "trailers"), GOOD.values(), ids=GOOD)
def test_a_body_is_read_as_it_is_framed(rest: bytes, body: bytes, trailers: Headers) -> None:
    assert answered(b"HTTP/1.1 200 OK\r\n" + rest) == (200, body, trailers)


def test_an_answer_of_http_1_0_ends_with_the_connection() -> None:
    assert answered(b"HTTP/1.0 200 OK\r\n\r\nok")[1] == b"ok"


def test_informational_answers_are_passed_over() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    assert answered(early + OK)[:2] == (200, b"ok")


def test_an_answer_to_head_has_no_body_whatever_its_length() -> None:
    assert answered(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"HEAD")[:2] == (200, b"")


BAD = {
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
    "a coding before chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "a folded field": b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok",
    "NUL": b"HTTP/1.1 200 OK\r\nX-A: \0\r\nContent-Length: 2\r\n\r\nok",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "status 0": b"HTTP/1.1 000 OK\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "switching protocols, unnamed": b"HTTP/1.1 101 Switching\r\n\r\n",
    "informational for ever": b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + OK,
    "nothing like HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a body that breaks off": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
    "chunks that break off": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
    "a head that breaks off": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a head that is too long": b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 70_000 + b"\r\n\r\n",
    "too many fields": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n",
    "a head without end": b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 1_000_000,
    "nothing": b"",
}


@pytest.mark.parametrize("octets", BAD.values(), ids=BAD)
def test_an_answer_that_is_none_is_an_error_that_names_the_server(octets: bytes) -> None:
    with pytest.raises(ProtocolError, match=r"^http://127\.0\.0\.1:\d+ "):
        answered(octets)


class Counting:
    """A server that counts connections and requests, and acts on each request as it is told."""

    def __init__(self, act: Callable[[int, int, asyncio.StreamWriter], Awaitable[None]]) -> None:
        self.connections = 0
        self.requests = 0
        self._act = act

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = 0
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"content-length: 4" in head:
                    await reader.readexactly(4)
                self.requests += 1
                number += 1
                await self._act(self.connections, number, writer)


async def ok(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


async def get(pool: ClientPool, origin: Origin, method: bytes = b"GET", **options: Any) -> bytes:
    async with pool.request(origin, method, b"/", **options) as response:
        return await read(response.body, 1 << 20)


def test_a_connection_is_kept_for_the_next_request() -> None:
    async def scenario() -> None:
        server, pool = Counting(ok), ClientPool()
        async with scripted(server) as origin:
            for _ in range(5):
                await get(pool, origin)
        assert (server.connections, server.requests) == (1, 5)

    run(scenario)


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
        OK + b"more",
    ],
    ids=["close", "HTTP/1.0", "an answer too many", "octets too many"],
)
def test_a_connection_is_not_kept_after(octets: bytes) -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.write(octets)

    async def scenario() -> None:
        server, pool = Counting(act), ClientPool()
        async with scripted(server) as origin:
            assert [await get(pool, origin) for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 3

    run(scenario)


def test_an_answer_that_nobody_asked_for_is_never_given_to_a_request() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        asyncio.get_running_loop().call_later(0.02, writer.write, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")

    async def scenario() -> None:
        pool = ClientPool()
        async with scripted(Counting(act)) as origin:
            assert await get(pool, origin) == b"ok"
            await asyncio.sleep(0.05)
            assert await get(pool, origin) == b"ok"

    run(scenario)


def test_a_connection_that_the_server_closed_is_not_used() -> None:
    """Even when the event loop has not been told yet: nothing runs between the close and the request."""

    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        writer.close()

    async def scenario() -> None:
        server, pool = Counting(act), ClientPool()
        async with scripted(server) as origin:
            for _ in range(10):
                assert await get(pool, origin, b"POST") == b"ok"
        assert (server.connections, server.requests) == (10, 10)

    run(scenario)


async def once_closing(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
    """The first connection takes a second request and closes without an answer."""
    if (connection, request) == (1, 2):
        writer.close()
    else:
        writer.write(OK)


@pytest.mark.parametrize(("method", "body"), [(b"GET", None), (b"PUT", b"1234"), (b"DELETE", None)])
def test_an_idempotent_request_is_repeated_when_a_kept_connection_closes(method: bytes, body: bytes | None) -> None:
    async def scenario() -> None:
        server, pool = Counting(once_closing), ClientPool()
        async with scripted(server) as origin:
            assert [await get(pool, origin), await get(pool, origin, method, body=body)] == [b"ok", b"ok"]
        assert (server.connections, server.requests) == (2, 3)

    run(scenario)


@pytest.mark.parametrize("body", [None, b"1234"])
def test_another_request_is_not_repeated(body: bytes | None) -> None:
    async def scenario() -> None:
        server, pool = Counting(once_closing), ClientPool()
        async with scripted(server) as origin:
            await get(pool, origin)
            with pytest.raises(ProtocolError, match="without an answer"):
                await get(pool, origin, b"POST", body=body)
        assert server.requests == 2

    run(scenario)


def test_nothing_is_repeated_on_a_new_connection() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def scenario() -> None:
        server = Counting(act)
        async with scripted(server) as origin:
            with pytest.raises(ProtocolError, match="without an answer"):
                await get(ClientPool(), origin)
        assert server.requests == 1

    run(scenario)


def test_nothing_is_repeated_more_than_once() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        if (connection, request) == (1, 1):
            writer.write(OK)
        else:
            writer.close()

    async def scenario() -> None:
        server, pool = Counting(act), ClientPool()
        async with scripted(server) as origin:
            await get(pool, origin)
            with pytest.raises(ProtocolError):
                await get(pool, origin)
        assert server.requests == 3

    run(scenario)


def test_a_request_is_not_repeated_after_a_part_of_its_answer() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.write(OK if request == 1 else OK[:10])
        if request == 2:
            writer.close()

    async def scenario() -> None:
        server, pool = Counting(act), ClientPool()
        async with scripted(server) as origin:
            await get(pool, origin)
            with pytest.raises(ProtocolError, match="in the middle"):
                await get(pool, origin)
        assert server.requests == 2

    run(scenario)


def test_an_answer_that_is_left_ends_its_connection() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nok")

    async def scenario() -> None:
        server, pool = Counting(act), ClientPool()
        async with scripted(server) as origin:
            for _ in range(2):
                async with pool.request(origin, b"GET", b"/"):
                    pass
        assert server.connections == 2

    run(scenario)


def test_a_server_that_answers_early_is_heard_while_the_body_is_sent() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    async def scenario() -> None:
        async with scripted(serve) as origin:
            assert await get(ClientPool(), origin, b"POST", body=endless()) == b"no"

    run(scenario)


# Limits.


def test_more_requests_than_connections_wait_in_order() -> None:
    async def scenario() -> None:
        served: list[int] = []
        most = now = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal most, now
            with contextlib.suppress(asyncio.IncompleteReadError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    now += 1
                    most = max(most, now)
                    await asyncio.sleep(0.005)
                    served.append(int(head.split(b" ")[1][1:]))
                    now -= 1
                    writer.write(OK)

        async def one(pool: ClientPool, origin: Origin, number: int) -> None:
            async with pool.request(origin, b"GET", b"/%d" % number) as response:
                await read(response.body, 10)

        async with scripted(serve) as origin:
            pool = ClientPool(limits=ClientLimits(connections=1))
            await asyncio.gather(*(one(pool, origin, number) for number in range(30)))
        assert (served, most) == (list(range(30)), 1)

    run(scenario)


def test_who_gives_up_waiting_takes_no_place() -> None:
    async def scenario() -> None:
        hold = asyncio.Event()

        async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
            await hold.wait()
            writer.write(OK)

        pool = ClientPool(limits=ClientLimits(connections=1))
        async with scripted(Counting(act)) as origin:
            first = asyncio.create_task(get(pool, origin))
            waiting = [asyncio.create_task(get(pool, origin)) for _ in range(3)]
            await asyncio.sleep(0.02)
            waiting[0].cancel()
            waiting[1].cancel()
            hold.set()
            assert (await first, await waiting[2], await get(pool, origin)) == (b"ok", b"ok", b"ok")

    run(scenario)


def test_waiting_for_a_connection_has_a_limit() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        pass

    async def scenario() -> None:
        pool = ClientPool(limits=ClientLimits(connections=1))
        async with scripted(Counting(act)) as origin:
            first = asyncio.create_task(get(pool, origin))
            await asyncio.sleep(0.02)
            with pytest.raises(WireTimeoutError, match="no connection"):
                await get(pool, origin, timeout=Timeouts(connect=0.05))
            first.cancel()

    run(scenario)


def test_a_server_that_gives_no_answer_is_given_up() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        pass

    async def scenario() -> None:
        async with scripted(Counting(act)) as origin:
            with pytest.raises(WireTimeoutError, match="no answer within"):
                await get(ClientPool(), origin, timeout=Timeouts(head=0.1))

    run(scenario)


def test_a_server_that_stops_in_the_middle_is_given_up() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.write(OK[:-1])

    async def scenario() -> None:
        async with scripted(Counting(act)) as origin:
            with pytest.raises(WireTimeoutError, match="nothing of its answer"):
                await get(ClientPool(), origin, timeout=Timeouts(idle=0.1))

    run(scenario)


def test_a_server_that_takes_nothing_of_the_body_is_given_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    async def scenario() -> None:
        async with scripted(serve) as origin:
            with pytest.raises(WireTimeoutError, match="took nothing"):
                await get(ClientPool(), origin, b"POST", body=endless(), timeout=Timeouts(idle=0.2))

    run(scenario)


def test_a_slow_reader_is_not_the_servers_fault() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1_000_000)

    async def scenario() -> None:
        async with (
            scripted(Counting(act)) as origin,
            ClientPool().request(origin, b"GET", b"/", timeout=Timeouts(idle=0.1)) as response,
        ):
            await asyncio.sleep(0.5)
            assert len(await read(response.body, 1 << 20)) == 1_000_000

    run(scenario)


def test_an_answer_that_nobody_reads_waits_in_bounded_memory() -> None:
    async def act(connection: int, request: int, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 100_000_000)

    async def scenario() -> None:
        async with (
            scripted(Counting(act)) as origin,
            ClientPool().request(origin, b"GET", b"/") as response,
        ):
            await asyncio.sleep(0.1)
            assert isinstance(response.body, BodyStream)
            assert response.body.size < 1_000_000

    run(scenario)


def test_an_idle_connection_is_closed_after_its_time() -> None:
    async def scenario() -> None:
        closed = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
            with contextlib.suppress(ConnectionError):
                await reader.read()
            closed.set()

        async with scripted(serve) as origin:
            pool = ClientPool(limits=ClientLimits(keep_alive=0.1))
            await get(pool, origin)
            await closed.wait()

    run(scenario)


# What is asked for.


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        (b"GET", b"/a b", []),
        (b"GET", b"/\r\nX: y", []),
        (b"GET", b"a", []),
        (b"GET", b"http://b/", []),
        (b"G T", b"/", []),
        (b"CONNECT", b"/", []),
        (b"GET", b"/", [(b"x-a", b"b\r\nx-c: d")]),
        (b"GET", b"/", [(b"X-A", b"b")]),
        (b"GET", b"/", [(b"host", b"a\r\nb")]),
        (b"GET", b"/", [(b"host", b"user@a")]),
        (b"GET", b"/", [(b"content-length", b"4")]),
    ],
)
def test_a_request_that_would_be_malformed_is_not_sent(method: bytes, target: bytes, headers: Headers) -> None:
    async def scenario() -> None:
        server = Counting(ok)
        async with scripted(server) as origin:
            with pytest.raises(ValueError, match=r"."):
                async with ClientPool().request(origin, method, target, headers):
                    pass
        assert server.requests == 0

    run(scenario)


def sent_by(method: bytes, headers: Headers, body: Any = None) -> bytes:
    """The head of a request, after its first line."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[1])
        writer.write(OK)

    async def scenario() -> None:
        async with scripted(serve) as origin:
            await get(ClientPool(), origin, method, headers=headers, body=body)

    run(scenario)
    return heads[0]


HOST: Headers = [(b"host", b"a")]


def test_fields_of_the_connection_are_the_clients() -> None:
    own = [(b"connection", b"close"), (b"transfer-encoding", b"chunked"), (b"upgrade", b"x"), (b"keep-alive", b"y")]
    assert sent_by(b"GET", [*HOST, *own]) == b"host: a\r\n\r\n"


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH"])
def test_a_request_that_could_have_a_body_says_that_it_has_none(method: bytes) -> None:
    assert sent_by(method, HOST) == b"host: a\r\ncontent-length: 0\r\n\r\n"


def test_the_length_of_octets_is_the_true_one() -> None:
    assert sent_by(b"PUT", [*HOST, (b"content-length", b"9")], b"1234") == b"host: a\r\ncontent-length: 4\r\n\r\n"


def test_trailers_are_asked_for_when_the_caller_does() -> None:
    assert sent_by(b"GET", [*HOST, (b"te", b"trailers")]) == b"host: a\r\nte: trailers\r\nconnection: te\r\n\r\n"


# Addresses.


def test_nobody_there_is_an_error_that_names_the_server() -> None:
    async def scenario() -> None:
        async with scripted(Counting(ok)) as origin:
            pass
        with pytest.raises(ConnectError, match=re.escape(str(origin))):
            await get(ClientPool(), origin)

    run(scenario)


def test_a_name_that_does_not_resolve_is_an_error() -> None:
    async def scenario() -> None:
        with pytest.raises(ConnectError, match="does not resolve"):
            await get(ClientPool(), Origin("http", "nowhere.invalid", 80))

    run(scenario)


def test_an_address_that_is_not_allowed_is_not_connected_to() -> None:
    async def scenario() -> None:
        server = Counting(ok)
        async with scripted(server) as origin:
            pool = ClientPool(allow_address=lambda address: address != "127.0.0.1")
            with pytest.raises(ConnectError, match="may not be connected to"):
                await get(pool, origin)
        assert server.connections == 0

    run(scenario)


def test_the_address_that_a_name_resolves_to_is_what_must_be_allowed() -> None:
    async def scenario() -> None:
        asked = []
        async with scripted(Counting(ok)) as origin:
            pool = ClientPool(allow_address=lambda address: bool(asked.append(address)) or address == "127.0.0.1")
            assert await get(pool, Origin("http", "localhost", origin.port)) == b"ok"
        assert "localhost" not in asked

    run(scenario)


def test_https_needs_tls() -> None:
    with pytest.raises(ValueError, match="needs TLS"):
        ClientPool().request(Origin("https", "a", 443), b"GET", b"/")


@pytest.mark.parametrize("host", ["::ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:1"])
def test_an_address_of_ipv4_within_ipv6_is_that_of_ipv4(host: str) -> None:
    async def scenario() -> None:
        server = Counting(ok)
        async with scripted(server) as origin:
            pool = ClientPool(allow_address=lambda address: address != "127.0.0.1")
            with pytest.raises(ConnectError, match="may not be connected to"):
                await get(pool, Origin("http", host, origin.port))
        assert server.connections == 0

    run(scenario)


def test_a_body_that_has_arrived_whole_is_repeated_whole() -> None:
    class Nowhere:
        def body_wanted(self, body: BodyStream) -> None:
            pass

        def body_taken(self, body: BodyStream, size: int) -> None:
            pass

    async def scenario() -> None:
        server, pool = Counting(once_closing), ClientPool()
        body = BodyStream(Nowhere())
        body.feed(b"1234")
        body.finish([])
        async with scripted(server) as origin:
            await get(pool, origin)
            assert await get(pool, origin, b"PUT", body=body) == b"ok"
        assert server.requests == 3

    run(scenario)
