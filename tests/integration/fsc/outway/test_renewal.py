"""New tokens and new certificates while an Outway runs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.gateways.fakes import octets
from support.gateways.peers import CONSUMER, PROVIDER
from support.gateways.world import World, run, until

from wegennet.fsc.core.certificates import KeyPair, certificate_thumbprint, public_key_thumbprint
from wegennet.fsc.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wegennet.fsc.wire.message import Request


async def both(world: World) -> None:
    """Starts an Inway and an Outway that has a token."""
    await world.inway()
    await world.outway()
    assert (await world.through_outway()).status == 200


async def invalidate(world: World) -> None:
    """The provider signs tokens with another key, and a new Inway knows only that; the Outway's token is worth nothing.

    A token that is refused at once is not asked for again, so the Outway must have had its own for a second.
    """
    began = time.monotonic()
    files = world.pki.in_group(PROVIDER, "new-tokens")
    world.provider.issuer = replace(world.provider.issuer, keys=KeyPair.load(files.certificate, files.key))
    await world.stop("inway")
    await world.inway()
    await until(lambda: time.monotonic() > began + 1)


@pytest.mark.parametrize("body", [lambda: None, lambda: b"x" * 50_000, lambda: octets(50_000)])
def test_a_refused_token_is_replaced_and_the_request_repeated(tmp_path: Path, body: Callable[[], Any]) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await invalidate(world)
        answer = await world.through_outway(method=b"POST", body=body())
        assert (answer.status, len(world.provider.scopes), len(world.service.requests)) == (200, 2, 2)

    run(tmp_path, scenario)


def test_a_request_that_is_repeated_is_logged_once(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await invalidate(world)
        await world.through_outway()
        assert [len(world.logs[peer].records) for peer in (CONSUMER, PROVIDER)] == [2, 2]

    run(tmp_path, scenario)


def test_a_request_whose_body_is_large_is_not_repeated(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await invalidate(world)
        answer = await world.through_outway(method=b"POST", body=octets(10_000_000))
        assert (answer.status, answer.code, len(world.service.requests)) == (401, "ACCESS_TOKEN_INVALID", 1)

    run(tmp_path, scenario)


def test_a_refusal_stands_when_there_is_no_other_token(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await invalidate(world)
        world.provider.refusal = {"error": "invalid_scope"}
        answer = await world.through_outway()
        assert (answer.status, answer.code) == (401, "ACCESS_TOKEN_INVALID")

    run(tmp_path, scenario)


def test_the_services_own_401_is_no_reason_for_another_token(tmp_path: Path) -> None:
    async def unauthorized(_: Request) -> Response:
        return Response(401, [(b"www-authenticate", b"Basic")])

    async def scenario(world: World) -> None:
        await both(world)
        world.service.does = unauthorized
        assert (await world.through_outway()).status == 401
        assert len(world.provider.scopes) == 1

    run(tmp_path, scenario)


def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.provider.ttl = 2
        await both(world)

        while len(world.provider.scopes) < 3:
            assert (await world.through_outway()).status == 200

    run(tmp_path, scenario)


def test_a_new_certificate_gets_its_own_tokens_and_connections(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await rotate(world)
        answer = await world.through_outway()
        token = world.claims_of_last()["cnf"]["x5t#S256"]
        assert (answer.status, len(world.provider.scopes), token) == (200, 2, certificate_thumbprint(own(world)))

    run(tmp_path, scenario)


def test_a_new_key_is_registered_and_asked_grants_for(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await rotate(world)
        thumbprint = public_key_thumbprint(own(world))
        assert ("GET", f"/v1/outways/{thumbprint}/services") in world.consumer.asked

    run(tmp_path, scenario)


def test_no_request_fails_while_the_certificate_changes(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        async def use() -> None:
            while not rotated.is_set():
                statuses.add((await world.through_outway(method=b"POST", body=octets(100_000))).status)

        await both(world)
        rotated, statuses = asyncio.Event(), {200}
        users = [asyncio.create_task(use()) for _ in range(5)]
        for _ in range(2):
            await rotate(world)
        rotated.set()
        await asyncio.gather(*users)
        assert statuses == {200}

    run(tmp_path, scenario)


def test_a_request_under_way_ends_with_the_certificate_that_it_began_with(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        arrived, go = asyncio.Event(), asyncio.Event()

        async def slow(_: Request) -> Response:
            arrived.set()
            await go.wait()
            return Response(200, [], octets(1_000_000))

        await both(world)
        world.service.does = slow
        request = asyncio.create_task(world.through_outway())
        await arrived.wait()
        await rotate(world)
        go.set()
        assert len((await request).body) == 1_000_000

    run(tmp_path, scenario)


async def rotate(world: World) -> None:
    """Replaces key and certificate of the Outway, and waits until it has seen that."""
    world.pki.in_group(CONSUMER, "outway", world.at(1, 5))
    await registered(world)


async def registered(world: World) -> None:
    """Waits until the Outway is registered with the key that is in its files."""
    thumbprint = public_key_thumbprint(own(world))
    said = world.controllers[CONSUMER].registered
    await until(lambda: any(each["public_key_thumbprint"] == thumbprint for each in said.values()))


def own(world: World) -> Any:
    """The certificate that is in the Outway's files."""
    return KeyPair.load(world.outway_files.certificate, world.outway_files.key).certificate
