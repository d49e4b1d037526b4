"""Where and how an Outway listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.gateways.peers import CONSUMER
from support.gateways.world import World, ask, ready, run, until_ready

from wegennet.fsc.service.lifecycle import StartError
from wegennet.fsc.wire.message import Origin
from wegennet.fsc.wire.tls import TlsFiles

if TYPE_CHECKING:
    from pathlib import Path


def test_clients_can_use_tls(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        inside = world.pki.within(CONSUMER, "outway-server", world.at(1, 5))
        await world.outway(listen_https=True, tls_cert=inside.certificate, tls_key=inside.key)
        client = world.client(TlsFiles(roots=inside.roots))
        assert (await ask(client, Origin("https", world.at(1, 5), 8080))).status == 200

    run(tmp_path, scenario)


def test_several_can_share_an_address(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        first = await world.outway(reuse_port=True)
        world.processes["first"] = first
        await world.outway(reuse_port=True)
        assert (await world.through_outway()).status == 200

    run(tmp_path, scenario)


def test_an_address_that_is_taken_is_said(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.outway()
        world.processes["first"] = first
        with pytest.raises(StartError, match="8080"):
            await world.outway()

    run(tmp_path, scenario)


def test_it_is_ready_when_it_knows_its_grants_and_the_log_answers(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await until_ready(await world.outway())

    run(tmp_path, scenario)


def test_it_is_not_ready_without_its_manager(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.consumer.away = True
        assert not await ready(await world.outway())

    run(tmp_path, scenario)
