"""What an Inway passes on to the Service, and back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from support.gateways.peers import PROVIDER
from support.gateways.requests import fsc
from support.gateways.world import PARKING, World, run

from wegennet.fsc.core.transactions import new_transaction_id
from wegennet.fsc.wire.message import Response
from wegennet.fsc.wire.tls import ClientTls

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.wire.message import Headers, Request


def test_the_service_gets_the_token_as_it_came(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        headers = fsc(world)
        await world.at_inway(headers=headers)
        assert world.service.headers(b"fsc-authorization") == [headers[0][1]]

    run(tmp_path, scenario)


def test_the_service_gets_the_transaction_id(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        transaction = new_transaction_id()
        await world.at_inway(headers=fsc(world, transaction))
        assert world.service.headers(b"fsc-transaction-id") == [transaction.encode()]

    run(tmp_path, scenario)


@pytest.mark.parametrize("name", [b"fsc-grant-hash", b"fsc-error-code", b"fsc_authorization", b"fsc-anything"])
def test_the_service_gets_no_other_fsc_header(tmp_path: Path, name: bytes) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=[*fsc(world), (name, b"forged")])
        assert world.service.headers(name) == []

    run(tmp_path, scenario)


def test_the_service_gets_its_own_host(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=[*fsc(world), (b"host", b"somewhere.example.nl")])
        assert world.service.headers(b"host") == [f"{world.at(2, 6)}:8080".encode()]

    run(tmp_path, scenario)


def test_the_service_is_told_of_the_hop_without_a_version(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=[*fsc(world), (b"via", b"1.1 app")])
        assert world.service.headers(b"via") == [b"1.1 app", b"1.1 fsc-inway"]

    run(tmp_path, scenario)


@pytest.mark.parametrize("target", [b"/", b"/a%20b/%C3%A9?q=%2F..&x=a+b", b"//double", b"/a/../b", b"/?", b"/a;p=1"])
def test_path_and_query_arrive_octet_for_octet(tmp_path: Path, target: bytes) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(target, fsc(world))
        assert world.service.last.target == target

    run(tmp_path, scenario)


def test_the_path_of_the_endpoint_stands_before_that_of_the_request(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.offer(PARKING, f"http://{world.at(2, 6)}:8080/api/v1/")
        await world.inway()
        await world.at_inway(b"/permits?x=1", fsc(world))
        assert world.service.last.target == b"/api/v1/permits?x=1"

    run(tmp_path, scenario)


def test_a_path_that_leads_out_of_the_endpoint_is_refused_before_anything_is_logged(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.offer(PARKING, f"http://{world.at(2, 6)}:8080/api/v1")
        await world.inway()
        answer = await world.at_inway(b"/%2e%2e/admin", fsc(world))
        assert (answer.code, world.logs[PROVIDER].records) == ("SERVICE_NOT_FOUND", [])

    run(tmp_path, scenario)


@pytest.mark.parametrize("status", [204, 302, 400, 401, 404, 500, 503])
def test_an_answer_of_the_service_is_not_altered(tmp_path: Path, status: int) -> None:
    own: Headers = [(b"fsc-error-code", b"THE_SERVICES_OWN"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]

    async def fails(_: Request) -> Response:
        return Response(status, own, b"" if status == 204 else b"sorry")

    async def scenario(world: World) -> None:
        await world.inway()
        world.service.does = fails
        answer = await world.at_inway(headers=fsc(world))
        kept = [header for header in answer.headers if header in own]
        assert (answer.status, kept, answer.body) == (status, own, b"" if status == 204 else b"sorry")

    run(tmp_path, scenario)


def test_the_length_that_head_tells_is_kept(tmp_path: Path) -> None:
    async def length(_: Request) -> Response:
        return Response(200, [(b"content-length", b"12345")])

    async def scenario(world: World) -> None:
        await world.inway()
        world.service.does = length
        answer = await world.at_inway(headers=fsc(world), method=b"HEAD")
        assert (answer.header(b"content-length"), answer.body) == (b"12345", b"")

    run(tmp_path, scenario)


def test_a_service_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.offer(PARKING, f"http://{world.at(2, 8)}:8080")
        await world.inway()
        answer = await world.at_inway(headers=fsc(world))
        assert (answer.status, answer.code) == (502, "SERVICE_UNREACHABLE")

    run(tmp_path, scenario)


def test_a_service_that_does_not_answer_in_time_is_unreachable(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.service.hangs = True
        await world.inway(response_timeout="300ms")
        answer = await world.at_inway(headers=fsc(world))
        assert (answer.status, answer.code) == (502, "SERVICE_UNREACHABLE")

    run(tmp_path, scenario)


def test_the_reason_is_not_told_to_other_peers(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.offer(PARKING, f"http://{world.at(2, 8)}:8080")
        await world.inway()
        answer = await world.at_inway(headers=fsc(world))
        assert world.at(2, 8).encode() not in answer.body

    run(tmp_path, scenario)


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c, websocket"])
def test_an_upgrade_is_refused(tmp_path: Path, upgrade: bytes) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        reader, writer = await tls_connection(world)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + b"\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"501"
        writer.close()

    run(tmp_path, scenario)


async def tls_connection(world: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection of the consumer's Outway, for what a client would not send."""
    context = ClientTls(world.pki.group_tls(world.outway_files)).context("1.1")
    return await asyncio.open_connection(world.at(2, 4), 8443, ssl=context, server_hostname=world.at(2, 4))
