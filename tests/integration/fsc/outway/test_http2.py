"""HTTP/2 on every hop, where the publication of a Service says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.gateways.fakes import octets
from support.gateways.peers import PROVIDER, grant
from support.gateways.world import PARKING, World, ask, run

from wegennet.fsc.core.contract import Protocol
from wegennet.fsc.wire.message import Origin, Response
from wegennet.fsc.wire.tls import ServerTls

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.wire.message import Headers, Request

HTTP_2 = "PROTOCOL_TCP_HTTP_2"


async def both(world: World, url: str = "") -> None:
    """A service that speaks HTTP/2, and an Inway and Outway before it."""
    world.offer(PARKING, url or f"http://{world.at(2, 6)}:8080", HTTP_2)
    world.consumer.grants = [grant(manager_address=world.manager_address, protocol=Protocol.HTTP_2)]
    await world.inway(tls_service_root_cert=world.pki.folder / f"{PROVIDER}.pem")
    await world.outway()


@pytest.mark.parametrize("protocol", ["1.1", "2"])
def test_the_service_is_spoken_to_in_http_2(tmp_path: Path, protocol: str) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await world.through_outway(protocol=protocol)
        assert (answer.status, world.service.last.version) == (200, "2")

    run(tmp_path, scenario)


def test_a_service_with_tls_is_spoken_to_in_http_2(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        tls = ServerTls(world.pki.within(PROVIDER, "service", world.at(2, 7)), client_certificates=False)
        await world.service.listen(world.at(2, 7), 8443, tls)
        await both(world, f"https://{world.at(2, 7)}:8443")
        answer = await world.through_outway()
        assert (answer.status, world.service.last.version, world.service.last.scheme) == (200, "2", b"https")

    run(tmp_path, scenario)


def test_a_service_that_is_not_published_so_is_not(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.outway()
        await world.through_outway(protocol="2")
        assert world.service.last.version == "1.1"

    run(tmp_path, scenario)


def test_a_service_whose_certificate_is_of_an_unknown_authority_is_unreachable(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        tls = ServerTls(world.pki.group_tls(world.manager_files), client_certificates=False)
        await world.service.listen(world.at(2, 7), 8443, tls)
        await both(world, f"https://{world.at(2, 7)}:8443")
        assert (await world.through_outway()).code == "SERVICE_UNREACHABLE"

    run(tmp_path, scenario)


def test_a_call_like_those_of_grpc_passes(tmp_path: Path) -> None:
    async def call(request: Request) -> Response:
        async for _ in request.body:
            pass
        headers: Headers = [(b"content-type", b"application/grpc")]
        return Response(200, headers, octets(10), trailers=lambda: [(b"grpc-status", b"0")])

    async def scenario(world: World) -> None:
        await both(world)
        world.service.does = call
        answer = await world.through_outway(
            b"/pkg.Service/Method",
            [(b"te", b"trailers"), (b"content-type", b"application/grpc")],
            method=b"POST",
            body=octets(10),
            protocol="2",
        )
        assert (answer.status, answer.trailers) == (200, [(b"grpc-status", b"0")])

    run(tmp_path, scenario)


def test_a_cookie_in_parts_is_one_at_a_service_of_http_1(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.outway()
        await world.through_outway(headers=[(b"cookie", b"a=1"), (b"cookie", b"b=2")], protocol="2")
        assert world.service.headers(b"cookie") == [b"a=1; b=2"]

    run(tmp_path, scenario)


def test_an_inway_takes_http_1_for_a_service_of_http_2(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        world.consumer.grants = [grant(manager_address=world.manager_address)]
        await world.stop("outway")
        await world.outway()
        assert (await world.through_outway()).status == 200
        assert world.service.last.version == "2"

    run(tmp_path, scenario)


def test_many_requests_share_one_connection_to_the_inway(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        origin = Origin("http", world.at(1, 5), 8080)
        pool = world.client()
        answers = [await ask(pool, origin, protocol="2") for _ in range(20)]
        assert {answer.status for answer in answers} == {200}

    run(tmp_path, scenario)
