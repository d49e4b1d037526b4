"""However the octets of a connection are cut up, the same requests come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from wegennet.fsc.wire.errors import Refusal
from wegennet.fsc.wire.h1_reader import RequestReader
from wegennet.fsc.wire.limits import Limits

if TYPE_CHECKING:
    from wegennet.fsc.wire.body import BodyStream, NoBody
    from wegennet.fsc.wire.h1_head import RequestHead

REQUESTS = (
    b"GET /1 HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Spaced:  b c \t\r\n\r\n",
    b"\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /3 HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n",
    b"PUT /4 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    b"X-Sum: 1\r\nX-Two: 2\r\nHost: b\r\n\r\n",
    b"POST /5 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\nGET ",
    b"POST /6 HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n",
    b"GET /7 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://b/8 HTTP/1.1\r\nHost: a\r\n\r\n",
)
ENDS = (
    b"",
    b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nwhatever follows",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nwhatever follows",
    b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
)


class Seen:
    """Collects what a reader makes of octets."""

    full = False

    def __init__(self) -> None:
        self.requests: list[tuple[RequestHead, BodyStream | NoBody]] = []

    def begin(self, head: RequestHead, body: BodyStream | NoBody) -> None:
        self.requests.append((head, body))

    def body_wanted(self, body: BodyStream) -> None:
        pass

    def body_taken(self, body: BodyStream, size: int) -> None:
        pass


def read(pieces: list[bytes]) -> list[object]:
    """All requests, and the refusal at the end if there is one."""
    seen = Seen()
    reader = RequestReader(seen, Limits())
    refused: list[object] = []
    try:
        for piece in pieces:
            reader.feed(piece)
    except Refusal as refusal:
        refused = [refusal.status]
    return [(head, body.ended, body.whole(), body.trailers) for head, body in seen.requests] + refused


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces."""
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(
    st.lists(st.sampled_from(REQUESTS), max_size=6), st.sampled_from(ENDS), st.lists(st.integers(0, 2000), max_size=30)
)
def test_the_same_requests_come_out(requests: list[bytes], end: bytes, places: list[int]) -> None:
    data = b"".join(requests) + end
    assert read(cut(data, places)) == read([data])


def test_they_come_out_of_single_octets() -> None:
    data = b"".join(REQUESTS)
    assert read([data[place : place + 1] for place in range(len(data))]) == read([data])


def test_all_of_them_come_out() -> None:
    whole = read([b"".join(REQUESTS)])
    targets = [b"/1", b"/2", b"/3", b"/4", b"/5", b"/6", b"/7", b"*", b"/8"]
    assert [request[0].target for request in whole] == targets  # type: ignore[index]


def test_bodies_and_trailers_of_all_of_them_come_out() -> None:
    whole = read([b"".join(REQUESTS)])
    assert [request[2:] for request in whole] == [  # type: ignore[index]
        (b"", []),
        (b"hello", []),
        (b"abc0123456789", []),
        (b"x", [(b"x-sum", b"1"), (b"x-two", b"2")]),
        (b"GET ", []),
        (b"ok", [(b"x-sum", b"2")]),
        (b"", []),
        (b"", []),
        (b"", []),
    ]
