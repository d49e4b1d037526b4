"""Whatever octets a client sends, the server refuses or answers them, and goes on answering others."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from hyperframe.frame import SettingsFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from support.wire import raw, run, sent, serving, statuses

from wegennet.fsc.wire.limits import Limits
from wegennet.fsc.wire.message import Request, Response

LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
LIMITS = Limits(head=0.1, idle=0.1, keep_alive=0.1)
HTTP1 = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-A: b\r\n\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize()

frames = st.builds(
    lambda kind, flags, stream, payload: (
        len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
    ),
    st.integers(0, 12),
    st.integers(0, 255),
    st.integers(0, 9),
    # 0x82, 0x84, 0x86 and so on are whole header fields.
    st.binary(max_size=40) | st.lists(st.sampled_from(b"\x82\x83\x84\x86\x87\x41\x01a"), max_size=12).map(bytes),
)


async def mirror(request: Request) -> Response:
    return Response(200, [], request.body, trailers=lambda: request.body.trailers)


def survives(octets: bytes) -> None:
    """The server ends this connection by itself, nothing unforeseen happens in it, and another one is answered."""

    async def scenario() -> None:
        unforeseen: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unforeseen.append(context))
        async with serving(mirror, limits=LIMITS) as origin:
            async with raw(origin) as connection:
                with contextlib.suppress(OSError):
                    await connection.send(octets)
                    await connection.rest()
            assert (statuses(await sent(origin, LAST)), unforeseen) == ([200], [])

    run(scenario, 10)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(HTTP1)), st.binary(max_size=20), st.integers(0, 5))
def test_a_request_with_garbage_in_it(place: int, garbage: bytes, gone: int) -> None:
    survives(HTTP1[:place] + garbage + HTTP1[place + gone :])


@settings(max_examples=50, deadline=None)
@given(st.lists(frames, max_size=12))
def test_frames_of_all_kinds(sequence: list[bytes]) -> None:
    survives(PREFACE + b"".join(sequence))
