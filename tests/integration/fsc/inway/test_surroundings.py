"""An Inway while its own Manager, Controller or Service come, change and go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from support.gateways.peers import PROVIDER, keypair
from support.gateways.requests import fsc
from support.gateways.world import World, ready, run, until, until_ready

from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.wire.message import Response

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.wire.message import Request


def test_it_registers_at_the_controller(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await until(lambda: bool(world.controllers[PROVIDER].registered))
        assert world.controllers[PROVIDER].registered == {
            "/v1/groups/fsc.test/inways/inway": {"address": world.inway_address}
        }

    run(tmp_path, scenario)


def test_it_registers_once_the_controller_is_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.controllers[PROVIDER].away = True
        await world.inway()
        await until(lambda: bool(world.controllers[PROVIDER].asked))
        world.controllers[PROVIDER].away = False
        await until(lambda: bool(world.controllers[PROVIDER].registered))

    run(tmp_path, scenario)


def test_it_works_with_what_it_knows_while_manager_and_controller_are_away(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=fsc(world))
        world.controllers[PROVIDER].away = world.provider.away = True
        assert (await world.at_inway(headers=fsc(world))).status == 200

    run(tmp_path, scenario)


def test_without_keys_it_says_that_it_cannot_verify(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.provider.away = True
        await world.inway()
        answer = await world.at_inway(headers=fsc(world))
        assert (answer.status, answer.code) == (503, "UNAVAILABLE")

    run(tmp_path, scenario)


def test_without_services_it_says_that_it_does_not_know_them(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.controllers[PROVIDER].away = True
        await world.inway()
        answer = await world.at_inway(headers=fsc(world))
        assert (answer.status, answer.code) == (503, "UNAVAILABLE")

    run(tmp_path, scenario)


def test_a_service_that_was_just_made_is_found(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=fsc(world))
        world.offer("permits", f"http://{world.at(2, 6)}:8080")
        assert (await world.at_inway(headers=fsc(world, service="permits"))).status == 200

    run(tmp_path, scenario)


def test_a_token_that_was_signed_with_a_new_key_passes(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=fsc(world))
        files = world.pki.in_group(PROVIDER, "new-tokens")
        world.provider.issuer = replace(world.provider.issuer, keys=KeyPair.load(files.certificate, files.key))
        assert (await world.at_inway(headers=fsc(world))).status == 200

    run(tmp_path, scenario)


def test_a_key_of_another_peer_in_the_managers_set_signs_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        files = world.pki.in_group("00000099000000009000", "stranger")
        world.provider.issuer = replace(world.provider.issuer, keys=KeyPair.load(files.certificate, files.key))
        await world.inway()
        assert (await world.at_inway(headers=fsc(world))).code == "ACCESS_TOKEN_INVALID"

    run(tmp_path, scenario)


def test_a_key_that_is_not_of_the_group_signs_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.provider.issuer = replace(world.provider.issuer, keys=keypair(PROVIDER))
        await world.inway()
        assert (await world.at_inway(headers=fsc(world))).code == "ACCESS_TOKEN_INVALID"

    run(tmp_path, scenario)


def test_unknown_keys_in_tokens_are_no_flood_at_the_manager(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=fsc(world))
        before = len(world.provider.asked)
        known, world.provider.issuer = world.provider.issuer, replace(world.provider.issuer, keys=keypair(PROVIDER))
        forged = [fsc(world) for _ in range(20)]
        world.provider.issuer = known
        await asyncio.gather(*(world.at_inway(headers=headers) for headers in forged))
        assert len(world.provider.asked) - before <= 2

    run(tmp_path, scenario)


def test_it_is_ready_when_it_knows_keys_and_services_and_the_log_answers(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        process = await world.inway()
        await until_ready(process)

    run(tmp_path, scenario)


def test_it_is_not_ready_without_a_transaction_log(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        process = await world.inway()
        await until_ready(process)
        world.logs[PROVIDER].away = True
        assert not await ready(process)

    run(tmp_path, scenario)


def test_a_request_under_way_ends_when_it_is_told_to_stop(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        arrived, go = asyncio.Event(), asyncio.Event()

        async def slow(_: Request) -> Response:
            arrived.set()
            await go.wait()
            return Response(200, [], b"done")

        await world.inway()
        world.service.does = slow
        request = asyncio.create_task(world.at_inway(headers=fsc(world)))
        await arrived.wait()
        stopped = asyncio.create_task(world.stop("inway"))
        await asyncio.sleep(0)
        go.set()
        assert (await request).body == b"done"
        await stopped

    run(tmp_path, scenario)
