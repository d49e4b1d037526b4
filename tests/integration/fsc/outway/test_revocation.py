"""Revoked certificates on either side of the connection between Outway and Inway."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cryptography import x509
from support.gateways.requests import fsc
from support.gateways.world import World, run

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.trial.keys import Files


async def both(world: World) -> None:
    """Starts an Inway and an Outway that look at the lists of the group's authority."""
    await world.inway(disable_crl_checks=False)
    await world.outway(disable_crl_checks=False)


def revoke(world: World, files: Files) -> None:
    """Takes a certificate back."""
    world.lists.revoked.append(x509.load_pem_x509_certificate(files.certificate.read_bytes()))


def test_certificates_that_are_not_revoked_pass(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        assert (await world.through_outway()).status == 200

    run(tmp_path, scenario)


def test_many_at_once_wait_for_the_first_look_at_the_list(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answers = await asyncio.gather(*(world.through_outway() for _ in range(20)))
        assert {answer.status for answer in answers} == {200}

    run(tmp_path, scenario)


def test_a_list_is_fetched_once_for_many(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        for _ in range(5):
            await world.through_outway()
        assert len(world.lists.asked) == 2

    run(tmp_path, scenario)


def test_a_client_whose_certificate_is_revoked_is_refused(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        revoke(world, world.outway_files)
        answer = await world.at_inway(headers=fsc(world))
        assert (answer.status, answer.code, world.service.requests) == (400, "PEER_CERTIFICATE_VERIFICATION_FAILED", [])

    run(tmp_path, scenario)


def test_a_manager_whose_certificate_is_revoked_gets_no_question(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        revoke(world, world.manager_files)
        answer = await world.through_outway()
        assert (answer.code, world.provider.scopes) == ("PEER_CERTIFICATE_VERIFICATION_FAILED", [])

    run(tmp_path, scenario)


def test_a_list_that_is_not_to_be_had_refuses(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        world.lists.away = True
        assert (await world.at_inway(headers=fsc(world))).code == "PEER_CERTIFICATE_VERIFICATION_FAILED"

    run(tmp_path, scenario)
