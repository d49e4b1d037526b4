"""What an Outway sends to the Inway, and gives back to its client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from support.gateways.peers import CONSUMER, DELEGATOR, OTHER, PROVIDER
from support.gateways.world import World, run

from wegennet.fsc.core.transactions import check_transaction_id
from wegennet.fsc.wire.message import Response

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.wire.message import Headers, Request


async def both(world: World) -> None:
    """Starts an Inway and an Outway."""
    await world.inway()
    await world.outway()


def test_a_transaction_has_one_id_in_both_logs_at_the_service_and_in_the_answer(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await world.through_outway()
        transaction = (answer.header(b"fsc-transaction-id") or b"").decode()
        (out,), (into,) = (world.logs[peer].records for peer in (CONSUMER, PROVIDER))
        (seen,) = world.service.headers(b"fsc-transaction-id")
        assert {check_transaction_id(transaction), seen.decode()} == {out["transaction_id"], into["transaction_id"]}

    run(tmp_path, scenario)


def test_a_transaction_is_logged_as_outgoing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway()
        (record,) = world.logs[CONSUMER].records
        assert (record["direction"], record["source"]["outway_peer_id"], record["destination"]["service_peer_id"]) == (
            "DIRECTION_OUTGOING",
            CONSUMER,
            PROVIDER,
        )

    run(tmp_path, scenario)


def test_a_request_on_behalf_of_another_peer_is_logged_with_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.provider.claims = {"subject": DELEGATOR, "actor": CONSUMER}
        await both(world)
        await world.through_outway()
        assert world.logs[CONSUMER].records[0]["source"]["delegator_peer_id"] == DELEGATOR

    run(tmp_path, scenario)


def test_a_service_that_is_offered_on_behalf_of_another_peer_is_logged_with_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.provider.claims = {"publication_delegator": OTHER}
        await both(world)
        await world.through_outway()
        assert world.logs[CONSUMER].records[0]["destination"]["delegator_peer_id"] == OTHER

    run(tmp_path, scenario)


@pytest.mark.parametrize("fault", ["away", "hangs"])
def test_nothing_is_sent_when_the_log_does_not_confirm(tmp_path: Path, fault: str) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.outway(tx_log_write_timeout="200ms")
        setattr(world.logs[CONSUMER], fault, True)
        answer = await world.through_outway()
        assert (answer.status, answer.code, world.logs[PROVIDER].records, world.service.requests) == (
            500,
            "TRANSACTION_LOG_WRITE_ERROR",
            [],
            [],
        )

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    "name",
    [b"fsc-authorization", b"fsc-transaction-id", b"fsc_authorization", b"fsc_transaction_id"],
)
def test_a_clients_own_token_or_transaction_id_goes_nowhere(tmp_path: Path, name: bytes) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await world.through_outway(headers=[(name, b"forged")])
        assert answer.status == 200
        assert b"forged" not in [value for _, value in world.service.last.headers]

    run(tmp_path, scenario)


def test_the_grant_that_a_client_names_is_told_to_nobody(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway(headers=[(b"fsc-service-name", b"parking")])
        assert world.service.headers(b"fsc-service-name") == []

    run(tmp_path, scenario)


def test_an_error_of_the_inway_is_given_back_as_it_is(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway(tx_log_write_timeout="200ms")
        await world.outway()
        world.logs[PROVIDER].away = True
        answer = await world.through_outway()
        assert (answer.status, answer.code, b"ERROR_DOMAIN_INWAY" in answer.body) == (
            500,
            "TRANSACTION_LOG_WRITE_ERROR",
            True,
        )

    run(tmp_path, scenario)


def test_an_answer_of_the_service_is_given_back_as_it_is(tmp_path: Path) -> None:
    own: Headers = [(b"x-one", b"1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-one", b"2")]

    async def teapot(_: Request) -> Response:
        return Response(418, own, b"short and stout")

    async def scenario(world: World) -> None:
        await both(world)
        world.service.does = teapot
        answer = await world.through_outway()
        assert (answer.status, [each for each in answer.headers if each in own], answer.body) == (
            418,
            own,
            b"short and stout",
        )

    run(tmp_path, scenario)


def test_an_inway_that_is_not_there_is_named(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.outway()
        answer = await world.through_outway()
        assert (answer.status, answer.code, PROVIDER.encode() in answer.body) == (502, "INWAY_UNREACHABLE", True)

    run(tmp_path, scenario)


def test_a_server_of_another_peer_gets_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        world.provider.claims = {"audience": f"https://{world.at(2, 7)}:8443"}
        stranger = world.pki.in_group(OTHER, "inway", world.at(2, 7))
        await world.stranger(stranger, world.at(2, 7))
        answer = await world.through_outway()
        assert (answer.code, OTHER.encode() in answer.body, world.service.asked) == ("INWAY_UNREACHABLE", True, [])

    run(tmp_path, scenario)


def test_connect_is_not_supported(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await plain(world, b"CONNECT service.example.nl:443 HTTP/1.1\r\nHost: service.example.nl:443\r\n\r\n")
        assert (b" 405 " in answer, b"ERROR_CODE_METHOD_UNSUPPORTED" in answer, b"allow: GET" in answer) == (
            True,
            True,
            True,
        )

    run(tmp_path, scenario)


def test_a_websocket_is_refused(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await plain(world, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert (b" 501 " in answer, world.service.requests) == (True, [])

    run(tmp_path, scenario)


def test_the_offer_of_http_2_is_ignored(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
        assert b" 200 " in await plain(world, b"GET / HTTP/1.1\r\nHost: x\r\n" + offer + b"\r\n")

    run(tmp_path, scenario)


def test_a_target_with_a_host_is_that_of_a_forward_proxy(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await plain(world, b"GET http://parking.example.nl/a/%20b?c HTTP/1.1\r\nHost: x\r\n\r\n")
        assert world.service.last.target == b"/a/%20b?c"

    run(tmp_path, scenario)


async def plain(world: World, request: bytes) -> bytes:
    """What the Outway answers to octets that a client of ours would not send; the head of it."""
    reader, writer = await asyncio.open_connection(world.at(1, 5), 8080)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
    answer = head + await reader.readexactly(length)
    writer.close()
    return answer
