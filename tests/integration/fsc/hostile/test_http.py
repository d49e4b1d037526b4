"""HTTP that two servers could read in two ways, too much of it, and too slow: at the Manager and at the Inway."""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from support.fsc import contracts
from support.fsc.agreed import connected
from support.fsc.raw import exchange, is_closed, opened, statuses

from wegennet.fsc.core.transactions import new_transaction_id

if TYPE_CHECKING:
    from support.fsc.backend import Backend
    from support.fsc.client import Client
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant

HEAD_SECONDS = 10.0
"""How long a client may take for the head of a request."""


@pytest.fixture(scope="module")
def manager(outsider: Outsider, provider: Participant) -> Client:
    """The external API of a Manager."""
    return outsider.at(provider.manager_address)


@pytest.fixture(scope="module")
def inway(outsider: Outsider, provider: Participant) -> Client:
    """An Inway."""
    return outsider.at(provider.inway_address, outsider.outway_files)


@pytest.fixture(scope="module")
def authorized(outsider: Outsider, provider: Participant, backend: Backend) -> bytes:
    """Headers with which the Inway lets a request through."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = connected(outsider, provider, name)
    token = outsider.token(provider.manager_address, made.grant_hash).json["access_token"]
    return f"Fsc-Authorization: Bearer {token}\r\nFsc-Transaction-Id: {new_transaction_id()}\r\n".encode()


def _post(path: str, headers: bytes, body: bytes) -> bytes:
    return b"POST " + path.encode() + b" HTTP/1.1\r\nHost: inway\r\n" + headers + b"\r\n" + body


def _hidden(path: str, headers: bytes) -> bytes:
    """The request that is smuggled."""
    return b"GET " + path.encode() + b" HTTP/1.1\r\nHost: inway\r\n" + headers + b"\r\n"


SMUGGLED = {
    "CL.TE": b"Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n",
    "TE.CL": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: {length}\r\n",
    "two lengths in one": b"Content-Length: 0, {length}\r\n",
    "length with a sign": b"Content-Length: +0\r\n",
    "negative length": b"Content-Length: -1\r\n",
    "length in hexadecimal": b"Content-Length: 0x0\r\n",
    "length with an underscore": b"Content-Length: 1_0\r\n",
    "space before the colon": b"Content-Length : {length}\r\n",
    "encoding behind a space": b"Transfer-Encoding : chunked\r\n",
    "unknown encoding": b"Transfer-Encoding: xchunked\r\n",
    "encoding twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "encoding with a comma": b"Transfer-Encoding: chunked, identity\r\n",
    "encoding with a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n",
    "folded line": b"Transfer-Encoding:\r\n chunked\r\n",
    "bare line feed": b"X: y\nTransfer-Encoding: chunked\r\n",
    "bare carriage return": b"X: y\rTransfer-Encoding: chunked\r\n",
    "null in a value": b"X: a\x00b\r\nTransfer-Encoding: chunked\r\n",
}


@pytest.mark.parametrize("framing", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_inway_passes_no_smuggled_request(inway: Client, authorized: bytes, backend: Backend, framing: bytes) -> None:
    path = f"/smuggled-{uuid.uuid4()}"
    hidden = b"0\r\n\r\n" + _hidden(path, authorized)
    head = framing.replace(b"{length}", str(len(hidden)).encode())
    answer = exchange(inway, _post("/open", authorized + head, hidden), within=2)
    assert statuses(answer)[:1] in ([400], [501], [])
    assert len(statuses(answer)) <= 1
    assert not backend.asked(path)


@pytest.mark.parametrize("framing", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_manager_answers_no_smuggled_request(manager: Client, framing: bytes) -> None:
    hidden = b"0\r\n\r\n" + _hidden("/v1/peer", b"")
    head = framing.replace(b"{length}", str(len(hidden)).encode())
    answer = exchange(manager, _post("/v1/contracts", head, hidden), within=2)
    assert statuses(answer)[:1] in ([400], [501], [])
    assert len(statuses(answer)) <= 1


CHUNKS = {
    "no size": b"\r\n",
    "sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "size beyond 64 bits": b"ffffffffffffffffff\r\n",
    "size that wraps around": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "data longer than its size": b"3\r\nhello\r\n0\r\n\r\n",
    "bare line feeds": b"5\nhello\n0\n\n",
    "endless extension": b"5;" + b"a" * 200_000 + b"\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS.keys())
def test_manager_refuses_chunks_that_it_cannot_read(manager: Client, chunks: bytes) -> None:
    head = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    answer = exchange(manager, _post("/v1/contracts", head, chunks), within=2)
    assert statuses(answer) in ([400], [413], [431], [])


OVERSIZED = {
    "long header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", 431),
    "many headers": (
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(5000)) + b"\r\n",
        431,
    ),
    "long name": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X" * 1_000_000 + b": y\r\n\r\n", 431),
    "long target": (b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "long method": (b"G" * 1_000_000 + b" / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
}


@pytest.mark.parametrize(("request_", "status"), OVERSIZED.values(), ids=OVERSIZED.keys())
@pytest.mark.parametrize("component", ["manager", "inway"])
def test_oversized_head_is_refused(
    component: str, request_: bytes, status: int, request: pytest.FixtureRequest
) -> None:
    answer = exchange(request.getfixturevalue(component), request_, within=5)
    assert statuses(answer) in ([status], [])


MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/3.0": b"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "spaces in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "null in the target": b"GET /a\x00b HTTP/1.1\r\nHost: a\r\n\r\n",
    "method with a bracket": b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "header without a name": b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "header without a colon": b"GET / HTTP/1.1\r\nHost: a\r\nheader\r\n\r\n",
}


@pytest.mark.parametrize("octets", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("component", ["manager", "inway"])
def test_malformed_request_is_refused(component: str, octets: bytes, request: pytest.FixtureRequest) -> None:
    answer = exchange(request.getfixturevalue(component), octets, within=5)
    assert statuses(answer) in ([400], [501], [505], [])


def test_slow_clients_are_cut_off_and_others_served(manager: Client, inway: Client) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(opened(client)) for client in (manager, inway) for _ in range(20)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        began = time.monotonic()
        assert (manager.get("/v1/peer").status, inway.get("/").status) == (200, 401)
        assert time.monotonic() - began < HEAD_SECONDS / 2
        _trickle(slow)
        # Time limits are kept to within a quarter, by a look at all connections now and then.
        assert all(is_closed(connection, within=HEAD_SECONDS * 1.5) for connection in slow)
        assert time.monotonic() - began < HEAD_SECONDS * 2


def _trickle(connections: list[object]) -> None:
    """Each sends another octet, as a client does that wants to seem alive."""
    for connection in connections:
        connection.sendall(b"X")  # type: ignore[attr-defined]
