"""Bodies through Outway and Inway: any length in bounded memory, and never a part that looks like the whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.gateways.fakes import octets
from support.gateways.world import World, run, until

from wegennet.fsc.wire.errors import RequestBodyError, WireError
from wegennet.fsc.wire.limits import Timeouts
from wegennet.fsc.wire.message import Origin, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wegennet.fsc.wire.message import Headers, Request
    from wegennet.fsc.wire.pool import Exchange

MIB = 1024 * 1024
LARGE = 256 * MIB


async def both(world: World) -> None:
    """Starts an Inway and an Outway; both have used each other before anything is measured."""
    await world.inway()
    await world.outway()
    assert (await world.through_outway()).status == 200


def exchange(world: World, method: bytes = b"GET", body: Any = None, headers: Headers | None = None) -> Exchange:
    """A request of an application whose answer is read in pieces."""
    origin = Origin("http", world.at(1, 5), 8080)
    return world.client().request(origin, method, b"/", headers or [], body, timeout=Timeouts(idle=10))


def resident() -> int:
    """Memory of this process, with everything of the test in it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_a_large_request_takes_little_memory(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        most = received = 0

        async def swallow(request: Request) -> Response:
            nonlocal most, received
            async for chunk in request.body:
                received += len(chunk)
                most = max(most, resident())
            return Response(200)

        await both(world)
        world.service.does = swallow
        before = resident()
        async with exchange(world, b"POST", octets(LARGE)) as answer:
            assert (answer.status, received) == (200, LARGE)
        assert most - before < 64 * MIB

    run(tmp_path, scenario, within=120)


def test_a_large_answer_takes_little_memory(tmp_path: Path) -> None:
    async def pour(_: Request) -> Response:
        return Response(200, [(b"content-length", str(LARGE).encode())], octets(LARGE))

    async def scenario(world: World) -> None:
        await both(world)
        world.service.does = pour
        before, most, received = resident(), 0, 0
        async with exchange(world) as answer:
            async for chunk in answer.body:
                received += len(chunk)
                most = max(most, resident())
        assert received == LARGE
        assert most - before < 64 * MIB

    run(tmp_path, scenario, within=120)


def test_a_client_that_reads_slowly_holds_the_service_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        poured = 0

        async def count() -> AsyncIterator[bytes]:
            nonlocal poured
            async for piece in octets(64 * MIB):
                poured += len(piece)
                yield piece

        async def pour(_: Request) -> Response:
            return Response(200, [], count())

        await both(world)
        world.service.does = pour
        async with exchange(world) as answer:
            await anext(aiter(answer.body))
            await settled(lambda: poured)
            assert poured < 32 * MIB

    run(tmp_path, scenario)


async def settled(value: Any) -> None:
    """Waits until a number has stopped growing."""
    last = -1
    while value() != last:
        last = value()
        await asyncio.sleep(0.2)


def test_a_request_with_a_length_keeps_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway(method=b"POST", body=octets(MIB), headers=[(b"content-length", str(MIB).encode())])
        assert world.service.headers(b"content-length") == [str(MIB).encode()]
        assert len(world.service.requests[-1][1]) == MIB

    run(tmp_path, scenario)


def test_a_request_without_a_length_gets_none_either(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway(method=b"POST", body=octets(MIB))
        assert world.service.headers(b"transfer-encoding") == [b"chunked"]
        assert len(world.service.requests[-1][1]) == MIB

    run(tmp_path, scenario)


def test_a_request_without_a_body_gets_none(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway()
        names = {name for name, _ in world.service.last.headers}
        assert not names & {b"content-length", b"transfer-encoding"}

    run(tmp_path, scenario)


def test_an_answer_without_a_length_gets_none_either(tmp_path: Path) -> None:
    async def chunked(_: Request) -> Response:
        return Response(200, [], octets(MIB))

    async def scenario(world: World) -> None:
        await both(world)
        world.service.does = chunked
        answer = await world.through_outway()
        assert (answer.header(b"transfer-encoding"), len(answer.body)) == (b"chunked", MIB)

    run(tmp_path, scenario)


def test_trailers_pass_both_ways_but_for_those_of_fsc(tmp_path: Path) -> None:
    trailers: Headers = [(b"x-checksum", b"1"), (b"fsc-authorization", b"forged"), (b"content-length", b"1")]

    async def scenario(world: World) -> None:
        seen: list[Headers] = []

        async def checked(request: Request) -> Response:
            async for _ in request.body:
                pass
            seen.append(request.body.trailers)
            return Response(200, [], octets(10), trailers=lambda: [(b"grpc-status", b"0"), (b"fsc-x", b"1")])

        await both(world)
        world.service.does = checked
        answer = await world.through_outway(method=b"POST", body=octets(10), trailers=lambda: trailers)
        assert (seen, answer.trailers) == ([[(b"x-checksum", b"1")]], [(b"grpc-status", b"0")])

    run(tmp_path, scenario)


def test_a_large_header_passes(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        value = b"v" * 40_000
        assert (await world.through_outway(headers=[(b"x-large", value)])).status == 200
        assert world.service.headers(b"x-large") == [value]

    run(tmp_path, scenario)


def test_a_client_that_goes_away_ends_the_request_at_the_service(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        arrived, ended = asyncio.Event(), asyncio.Event()

        async def wait(_: Request) -> Response:
            arrived.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            raise AssertionError

        await both(world)
        world.service.does = wait
        request = asyncio.create_task(world.through_outway())
        await arrived.wait()
        request.cancel()
        await ended.wait()

    run(tmp_path, scenario)


def test_an_answer_that_breaks_off_breaks_off_for_the_client(tmp_path: Path) -> None:
    async def break_off() -> AsyncIterator[bytes]:
        yield b"x" * 100_000
        raise ConnectionError

    async def pour(_: Request) -> Response:
        return Response(200, [], break_off())

    async def scenario(world: World) -> None:
        await both(world)
        world.service.does = pour
        with pytest.raises(WireError):
            await world.through_outway()

    run(tmp_path, scenario)


def test_a_request_that_breaks_off_breaks_off_for_the_service(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        arrived = asyncio.Event()
        ends: list[BaseException | None] = []

        async def break_off() -> AsyncIterator[bytes]:
            yield b"x" * 100_000
            await arrived.wait()
            raise ConnectionError

        async def swallow(request: Request) -> Response:
            arrived.set()
            try:
                async for _ in request.body:
                    pass
            except (RequestBodyError, asyncio.CancelledError) as error:
                ends.append(error)
                raise
            ends.append(None)
            return Response(200)

        await both(world)
        world.service.does = swallow
        with pytest.raises(ConnectionError):
            await world.through_outway(method=b"POST", body=break_off())
        await until(lambda: bool(ends))
        assert ends[0] is not None

    run(tmp_path, scenario)


def test_an_answer_may_come_before_the_body_has_ended(tmp_path: Path) -> None:
    async def refuse(_: Request) -> Response:
        return Response(413, [], b"too large")

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    async def scenario(world: World) -> None:
        await both(world)
        world.service.does = refuse
        async with exchange(world, b"POST", endless()) as answer:
            assert answer.status == 413

    run(tmp_path, scenario)


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await world.through_outway(
            method=b"POST", body=octets(10), headers=[(b"expect", b"100-continue"), (b"content-length", b"10")]
        )
        assert (answer.status, world.service.requests[-1][1]) == (200, b"x" * 10)

    run(tmp_path, scenario)
