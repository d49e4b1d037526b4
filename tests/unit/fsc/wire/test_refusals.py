"""What a server must not take for HTTP/1.1: each is refused, and the connection ends.

Every case is followed by a second request, which must not be answered.
"""

from __future__ import annotations

import pytest
from support.wire import echo, run, sent, serving, statuses

from wegennet.fsc.wire.limits import Limits
from wegennet.fsc.wire.message import Request, Response

START = b"POST / HTTP/1.1\r\nHost: a\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

HEADS = {
    "length and chunked": (START + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked and length": (START + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400),
    "two equal lengths": (START + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
    "two lengths": (START + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
    "a list of lengths": (START + b"Content-Length: 1, 1\r\n\r\nx", 400),
    "a length with plus": (START + b"Content-Length: +1\r\n\r\nx", 400),
    "a length below zero": (START + b"Content-Length: -1\r\n\r\nx", 400),
    "a length in hex": (START + b"Content-Length: 0x1\r\n\r\nx", 400),
    "a length with space in it": (START + b"Content-Length: 1 1\r\n\r\nx", 400),
    "an empty length": (START + b"Content-Length:\r\n\r\nx", 400),
    "a length beyond 63 bits": (START + b"Content-Length: 18446744073709551615\r\n\r\nx", 400),
    "a length beyond 64 bits": (START + b"Content-Length: 99999999999999999999999\r\n\r\nx", 400),
    "chunked twice": (START + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked in a list twice": (START + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked not last": (START + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
    "chunked, then another": (
        START + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a coding that is unknown": (START + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "a coding in quotes": (START + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', 501),
    "a coding with a parameter": (START + b"Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 501),
    "a coding after a control character": (START + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "a coding before chunked": (START + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "an empty coding before chunked": (START + b"Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 501),
    "chunked in HTTP/1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a space before the colon": (START + b"Content-Length : 1\r\n\r\nx", 400),
    "a tab before the colon": (START + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", 400),
    "a folded field": (START + b"X-A: b\r\n Content-Length: 1\r\n\r\nx", 400),
    "a bare LF after a field": (START + b"X-A: b\nContent-Length: 1\r\n\r\nx", 400),
    "a bare CR in a field": (START + b"X-A: b\rContent-Length: 1\r\n\r\nx", 400),
    "NUL in a value": (START + b"X-A: b\0c\r\n\r\n", 400),
    "NUL in a name": (START + b"X\0A: b\r\n\r\n", 400),
    "a control character in a value": (START + b"X-A: b\x01c\r\n\r\n", 400),
    "no name": (START + b": b\r\n\r\n", 400),
    "a name that is no token": (START + b"X(A): b\r\n\r\n", 400),
    "a name outside ASCII": (START + b"X\xe9: b\r\n\r\n", 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "two equal Hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "two Hosts in HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "a Host with user information": (b"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", 400),
    "a Host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "a Host with a list": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "an absolute target with user information": (b"GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "an absolute target of another scheme": (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "an absolute target without a host": (b"GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target with a fragment": (b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target outside ASCII": (b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target with a space": (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target that is no path": (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "the whole server for GET": (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "CONNECT to a path": (b"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a method that is unknown": (b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "a method in lower case": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "a method of RTSP": (b"DESCRIBE / RTSP/1.0\r\n\r\n", 501),
    "HTTP/0.9": (b"GET /\r\n\r\n", 505),
    "HTTP/2.0 as text": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "a version that is none": (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400),
    "an expectation that is unknown": (START + b"Expect: cake\r\nContent-Length: 1\r\n\r\nx", 417),
    "TLS to a port without": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 501),
}


def answers_to(data: bytes, limits: Limits | None = None) -> list[int]:
    """Statuses of all answers to `data` and a request after it."""
    result: list[int] = []

    async def scenario() -> None:
        async with serving(echo, limits=limits) as origin:
            result.extend(statuses(await sent(origin, data + NEXT)))

    run(scenario)
    return result


@pytest.mark.parametrize(("data", "status"), HEADS.values(), ids=HEADS)
def test_a_head_is_refused(data: bytes, status: int) -> None:
    assert answers_to(data) == [status]


CHUNKS = {
    "a size with plus": b"+3\r\nabc\r\n0\r\n\r\n",
    "a size below zero": b"-1\r\nabc\r\n0\r\n\r\n",
    "a size with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a size after a space": b" 3\r\nabc\r\n0\r\n\r\n",
    "a size before a space": b"3 \r\nabc\r\n0\r\n\r\n",
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "a size beyond 64 bits": b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "a size that ends in LF": b"3\nabc\r\n0\r\n\r\n",
    "a size that ends in CR": b"3\rabc\r\n0\r\n\r\n",
    "data that ends in LF": b"3\r\nabc\n0\r\n\r\n",
    "data without an end": b"3\r\nabc0\r\n\r\n",
    "data longer than its size": b"3\r\nabcd\r\n0\r\n\r\n",
    "LF in an extension": b'3;a="\n"\r\nabc\r\n0\r\n\r\n',
    "LF after a trailer": b"3\r\nabc\r\n0\r\nX-A: b\nX-C: d\r\n\r\n",
    "a length among the trailers": b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
    "a coding among the trailers": b"3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a folded trailer": b"3\r\nabc\r\n0\r\nX-A: b\r\n c\r\n\r\n",
}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_a_chunked_body_is_refused(chunks: bytes) -> None:
    assert answers_to(START + b"Transfer-Encoding: chunked\r\n\r\n" + chunks) == [400]


def test_a_target_that_is_too_long_is_answered_414() -> None:
    limits = Limits(target_bytes=100)
    assert answers_to(b"GET /" + b"a" * 100 + b" HTTP/1.1\r\nHost: a\r\n\r\n", limits) == [414]


@pytest.mark.parametrize(
    "fields",
    [b"X-A: " + b"a" * 1000 + b"\r\n", b"X-A: b\r\n" * 200, b"X" * 1000 + b": a\r\n"],
    ids=["one long value", "many fields", "one long name"],
)
def test_fields_that_are_too_long_are_answered_431(fields: bytes) -> None:
    assert answers_to(START + fields + b"\r\n", Limits(head_bytes=1000)) == [431]


def test_too_many_fields_are_answered_431() -> None:
    assert answers_to(START + b"X-A: b\r\n" * 10 + b"\r\n", Limits(headers=10)) == [431]


def test_a_head_without_end_is_refused_at_its_limit() -> None:
    assert answers_to(START + b"X-A: " + b"a" * 100_000) == [431]


def test_trailers_that_are_too_long_are_refused() -> None:
    trailers = b"0\r\nX-A: " + b"a" * 1000 + b"\r\n\r\n"
    assert answers_to(START + b"Transfer-Encoding: chunked\r\n\r\n" + trailers, Limits(head_bytes=1000)) == [431]


def test_chunk_extensions_without_end_are_refused() -> None:
    assert answers_to(START + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"a" * 200_000) == [431]


def test_chunk_extensions_that_outgrow_the_data_are_refused() -> None:
    chunks = (b"1;" + b"a" * 500 + b"\r\nx\r\n") * 1000
    assert answers_to(START + b"Transfer-Encoding: chunked\r\n\r\n" + chunks) == [431]


def test_chunks_of_one_octet_are_no_attack() -> None:
    result = []

    async def scenario() -> None:
        async with serving(echo) as origin:
            chunks = b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n"
            data = START + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
            result.append((await sent(origin, data)).count(b"x" * 50_000))

    run(scenario)
    assert result == [1]


def test_an_absolute_target_overrules_the_host_field() -> None:
    async def show(request: Request) -> Response:
        hosts = [value for name, value in request.headers if name == b"host"]
        return Response(200, [], b"|".join([request.scheme, request.authority, request.target, *hosts]))

    async def scenario() -> None:
        async with serving(show) as origin:
            data = b"GET http://b:81/c%20?d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            assert (await sent(origin, data)).endswith(b"\r\n\r\nhttp|b:81|/c%20?d|b:81")

    run(scenario)


@pytest.mark.parametrize(
    ("line", "target"),
    [
        (b"GET http://b", b"/"),
        (b"GET HTTPS://b?c", b"/?c"),
        (b"OPTIONS http://b", b"*"),
        (b"OPTIONS *", b"*"),
        (b"CONNECT b:443", b"b:443"),
        (b"GET //b", b"//b"),
    ],
)
def test_the_handler_gets_the_path_of_every_form_of_target(line: bytes, target: bytes) -> None:
    async def scenario() -> None:
        async with serving(echo) as origin:
            answer = await sent(origin, line + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert b"\r\nx-target: " + target + b"\r\n" in answer

    run(scenario)
