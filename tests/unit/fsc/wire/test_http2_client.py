"""The HTTP/2 client against servers that the test writes: what is repeated, what ends a call, what a connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import RequestReceived
from h2.settings import SettingCodes
from hyperframe.frame import GoAwayFrame, HeadersFrame, PingFrame, PushPromiseFrame, RstStreamFrame
from support.wire import run, scripted

from wegennet.fsc.wire.body import read
from wegennet.fsc.wire.errors import ProtocolError, WireError, WireTimeoutError
from wegennet.fsc.wire.limits import ClientLimits, Timeouts
from wegennet.fsc.wire.pool import ClientPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from wegennet.fsc.wire.message import Headers, Origin

OK: Headers = [(b":status", b"200"), (b"content-length", b"2")]


class Script:
    """A server: `act` is called for each request, with this, the number of the connection, and the stream."""

    def __init__(
        self, act: Callable[[Script, int, int], None], settings: dict[SettingCodes, int] | None = None
    ) -> None:
        self.connections = 0
        self.requests = 0
        self._act = act
        self._settings = settings or {}

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self.writer = writer
        config = H2Configuration(client_side=False, validate_outbound_headers=False, normalize_outbound_headers=False)
        self.h2 = h2 = H2Connection(config)
        h2.local_settings.update(self._settings)
        h2.local_settings.acknowledge()
        h2.initiate_connection()
        self.flush()
        while data := await reader.read(65536):
            for event in h2.receive_data(data):
                if isinstance(event, RequestReceived):
                    self.requests += 1
                    self._act(self, number, event.stream_id)
            self.flush()

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())

    def octets(self, data: bytes) -> None:
        self.flush()
        self.writer.write(data)

    def ok(self, stream: int) -> None:
        self.h2.send_headers(stream, OK)
        self.h2.send_data(stream, b"ok", end_stream=True)
        self.flush()

    def goaway(self, last: int, code: int = 0) -> None:
        self.octets(GoAwayFrame(0, last_stream_id=last, error_code=code).serialize())


def silent(server: Script, connection: int, stream: int) -> None:
    pass


def closing(server: Script, connection: int, stream: int) -> None:
    server.writer.close()


async def get(pool: ClientPool, origin: Origin, method: bytes = b"GET", **options: Any) -> bytes:
    async with pool.request(origin, method, b"/", protocol="2", **options) as response:
        return await read(response.body, 1 << 20)


def against(script: Script, scenario: Callable[[ClientPool, Origin], Any], limits: ClientLimits | None = None) -> None:
    async def whole() -> None:
        async with scripted(script) as origin:
            pool = ClientPool(limits=limits)
            await scenario(pool, origin)
            await pool.close()

    run(whole)


def fails(act: Callable[[Script, int, int], None], match: str, error: type[Exception] = ProtocolError) -> Script:
    """One request, which ends with this error."""
    script = Script(act)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        with pytest.raises(error, match=match):
            await get(pool, origin, b"POST")

    against(script, scenario)
    return script


def test_calls_share_a_connection() -> None:
    script = Script(lambda server, _, stream: server.ok(stream))

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        assert await asyncio.gather(*(get(pool, origin) for _ in range(50))) == [b"ok"] * 50

    against(script, scenario)
    assert script.connections == 1


def test_the_server_says_how_many_calls_share_a_connection() -> None:
    open_streams: list[int] = []

    def act(server: Script, connection: int, stream: int) -> None:
        open_streams.append(stream)
        assert len(open_streams) <= 2

        def answer() -> None:
            open_streams.remove(stream)
            server.ok(stream)

        asyncio.get_running_loop().call_later(0.001, answer)

    script = Script(act, {SettingCodes.MAX_CONCURRENT_STREAMS: 2})

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        assert await asyncio.gather(*(get(pool, origin) for _ in range(30))) == [b"ok"] * 30

    against(script, scenario, ClientLimits(connections=1))


# What is repeated.


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_refused_call_is_made_once_more(method: bytes) -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        if server.requests == 1:
            server.octets(RstStreamFrame(1, error_code=ErrorCodes.REFUSED_STREAM).serialize())
        else:
            server.ok(stream)

    script = Script(act)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        assert await get(pool, origin, method, body=b"1234" if method == b"POST" else None) == b"ok"

    against(script, scenario)
    assert script.requests == 2


def test_calls_above_the_last_stream_of_a_goaway_are_made_on_another_connection() -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        if connection == 1 and stream == 3:
            server.goaway(1)
            server.ok(1)
        elif connection == 2:
            server.ok(stream)

    script = Script(act)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        assert await asyncio.gather(get(pool, origin, b"POST"), get(pool, origin, b"POST")) == [b"ok", b"ok"]

    against(script, scenario)
    assert script.connections == 2


def test_calls_below_the_last_stream_go_on_after_a_goaway() -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        server.goaway(stream)
        asyncio.get_running_loop().call_later(0.02, server.ok, stream)

    script = Script(act)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        assert [await get(pool, origin) for _ in range(3)] == [b"ok"] * 3

    against(script, scenario)
    assert script.connections == 3


def test_a_call_whose_body_went_out_is_not_repeated() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"octets"

    def act(server: Script, connection: int, stream: int) -> None:
        asyncio.get_running_loop().call_later(0.02, server.goaway, 0)

    script = Script(act)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        with pytest.raises(ProtocolError, match="did not take the request up"):
            await get(pool, origin, b"POST", body=body())

    against(script, scenario)


def test_a_call_that_may_have_been_acted_on_is_not_repeated() -> None:
    script = fails(closing, "without an answer")
    assert script.requests == 1


# What ends a call.

HEADS: dict[str, Headers] = {
    "no status": [(b"content-length", b"2")],
    "a status that is none": [(b":status", b"ok")],
    "a status of two digits": [(b":status", b"20")],
    "two statuses": [(b":status", b"200"), (b":status", b"201")],
    "a field in upper case": [(b":status", b"200"), (b"X-A", b"b")],
    "a line break in a value": [(b":status", b"200"), (b"x-a", b"b\r\nc: d")],
    "a field of the connection": [(b":status", b"200"), (b"connection", b"close")],
    "a pseudo-field of requests": [(b":status", b"200"), (b":path", b"/")],
    "a pseudo-field after a field": [(b"x-a", b"b"), (b":status", b"200")],
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_malformed_answer_ends_its_call_only(head: Headers) -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        if stream == 1:
            block = server.h2.encoder.encode(head)
            server.octets(HeadersFrame(1, block, flags=["END_HEADERS", "END_STREAM"]).serialize())
        else:
            server.ok(stream)

    script = Script(act)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        with pytest.raises(ProtocolError, match="malformed"):
            await get(pool, origin)
        assert await get(pool, origin) == b"ok"

    against(script, scenario)
    assert script.connections == 1


@pytest.mark.parametrize("data", [b"o", b"ok!", b""], ids=["shorter", "longer", "nothing"])
def test_a_body_that_is_not_as_long_as_declared_is_an_error(data: bytes) -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        server.h2.send_headers(stream, OK)
        server.h2.send_data(stream, data, end_stream=True)

    fails(act, "Content-Length")


def test_a_length_beside_no_body_at_all_is_an_error() -> None:
    fails(lambda server, _, stream: server.h2.send_headers(stream, OK, end_stream=True), "Content-Length")


@pytest.mark.parametrize(("method", "status"), [(b"HEAD", b"200"), (b"GET", b"304")])
def test_a_length_without_a_body_is_right_where_there_is_none(method: bytes, status: bytes) -> None:
    head = [(b":status", status), (b"content-length", b"9")]
    script = Script(lambda server, _, stream: server.h2.send_headers(stream, head, end_stream=True))

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        assert await get(pool, origin, method) == b""

    against(script, scenario)


def test_a_reset_in_the_middle_of_an_answer_is_an_error() -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        server.h2.send_headers(stream, OK)
        server.h2.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)

    fails(act, "gave the request up .INTERNAL_ERROR")


def test_a_connection_that_ends_in_the_middle_of_an_answer_is_an_error() -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        server.h2.send_headers(stream, OK)
        server.flush()
        server.writer.close()

    fails(act, "in the middle of an answer")


def test_a_goaway_says_why_a_call_ends() -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        server.goaway(stream, ErrorCodes.ENHANCE_YOUR_CALM)
        server.writer.close()

    fails(act, "ENHANCE_YOUR_CALM")


def test_informational_answers_without_end_are_an_error() -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        for _ in range(50):
            server.h2.send_headers(stream, [(b":status", b"103")])

    fails(act, "without end")


def test_a_push_is_an_error() -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        block = server.h2.encoder.encode([(b":method", b"GET"), (b":path", b"/")])
        server.octets(PushPromiseFrame(stream, 2, block, flags=["END_HEADERS"]).serialize())

    fails(act, "breaks HTTP/2")


def test_a_flood_of_pings_is_an_error() -> None:
    fails(lambda server, *_: server.octets(PingFrame(0, b"12345678").serialize() * 10_000), "breaks HTTP/2")


def test_a_server_without_http_2_is_an_error() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(24)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    async def scenario() -> None:
        async with scripted(serve) as origin:
            with pytest.raises(WireError, match=r"^http://127\.0\.0\.1:\d+ "):
                await get(ClientPool(), origin)

    run(scenario)


# Time.


def test_a_server_that_says_no_settings_is_given_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with scripted(serve) as origin:
            with pytest.raises(WireTimeoutError, match="no connection"):
                await get(ClientPool(), origin, timeout=Timeouts(connect=0.1))

    run(scenario)


def test_a_server_that_gives_no_answer_is_given_up() -> None:
    script = Script(silent)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        with pytest.raises(WireTimeoutError, match="no answer within"):
            await get(pool, origin, timeout=Timeouts(head=0.1))

    against(script, scenario)


def test_a_server_that_stops_in_the_middle_is_given_up() -> None:
    script = Script(lambda server, _, stream: server.h2.send_headers(stream, OK))

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        with pytest.raises(WireTimeoutError):
            await get(pool, origin, timeout=Timeouts(idle=0.1))

    against(script, scenario)


def test_a_server_that_opens_no_window_is_given_up() -> None:
    script = Script(silent)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        with pytest.raises(WireTimeoutError):
            await get(pool, origin, b"POST", body=b"x" * 1_000_000, timeout=Timeouts(idle=0.1))

    against(script, scenario)


def test_a_call_that_is_given_up_is_cancelled_at_the_server_and_leaves_the_connection() -> None:
    script = Script(lambda server, _, stream: server.ok(stream) if stream > 1 else None)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        with pytest.raises(WireTimeoutError):
            await get(pool, origin, timeout=Timeouts(head=0.1))
        assert await get(pool, origin) == b"ok"
        assert script.h2.open_inbound_streams == 0

    against(script, scenario)
    assert script.connections == 1


def test_uploads_that_the_server_answers_early_are_no_flood() -> None:
    def act(server: Script, connection: int, stream: int) -> None:
        server.ok(stream)
        server.h2.reset_stream(stream, ErrorCodes.NO_ERROR)

    async def body() -> AsyncIterator[bytes]:
        yield b"octets"
        await asyncio.sleep(3600)

    script = Script(act)

    async def scenario(pool: ClientPool, origin: Origin) -> None:
        for _ in range(500):
            assert await get(pool, origin, b"POST", body=body()) == b"ok"

    against(script, scenario)
    assert script.connections == 1
