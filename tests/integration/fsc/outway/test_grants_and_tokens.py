"""How an Outway chooses the grant of a request, and gets the token for it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from support.gateways.peers import CONSUMER, OTHER, grant
from support.gateways.world import World, run, until

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.wire.message import Headers

ONE, TWO = "$1$3$" + "A" * 86, "$1$3$" + "C" * 86


def named(grant_hash: str = ONE) -> Headers:
    """The header by which an application names its grant."""
    return [(b"fsc-grant-hash", grant_hash.encode())]


async def both(world: World, **settings: Any) -> None:
    """Starts an Inway and an Outway."""
    await world.inway()
    await world.outway(**settings)


def test_a_request_reaches_the_service_by_the_grant_that_it_names(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await world.through_outway(b"/a?b=c", named())
        assert (answer.status, world.service.last.target) == (200, b"/a?b=c")

    run(tmp_path, scenario)


def test_the_only_grant_need_not_be_named(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        assert (await world.through_outway()).status == 200

    run(tmp_path, scenario)


def test_a_service_can_be_named_instead_of_the_grant(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.consumer.grants.append(grant(TWO, service_name="permits", manager_address=world.manager_address))
        await both(world)
        assert (await world.through_outway(headers=[(b"fsc-service-name", b"parking")])).status == 200

    run(tmp_path, scenario)


def test_without_a_contract_the_request_is_refused_and_nothing_is_logged(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.consumer.grants = []
        await both(world)
        answer = await world.through_outway(headers=named())
        assert (answer.status, answer.code, world.logs[CONSUMER].records, world.service.requests) == (
            400,
            "UNKNOWN_GRANT_HASH_IN_HEADER",
            [],
            [],
        )

    run(tmp_path, scenario)


def test_a_grant_of_several_must_be_named(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.consumer.grants.append(grant(TWO, service_name="permits"))
        await both(world)
        answer = await world.through_outway()
        assert (answer.status, answer.code) == (400, "MISSING_GRANT_HASH")

    run(tmp_path, scenario)


def test_usable_grants_are_listed_where_that_is_wanted(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world, enable_grant_hash_suggestion=True)
        answer = await world.through_outway(headers=named("discover"))
        assert [each["grant_hash"] for each in json.loads(answer.body)["grants"]] == [ONE]

    run(tmp_path, scenario)


def test_usable_grants_are_not_listed_otherwise(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        answer = await world.through_outway(headers=named("discover"))
        assert set(json.loads(answer.body)) == {"message", "domain", "code"}

    run(tmp_path, scenario)


def test_a_contract_that_was_just_made_is_found(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway()
        world.consumer.grants.append(grant(TWO, manager_address=world.manager_address))
        assert (await world.through_outway(headers=named(TWO))).status == 200

    run(tmp_path, scenario)


def test_a_contract_that_ended_is_used_no_longer(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world, grant_links_cache_ttl="100ms")
        await world.through_outway()
        world.consumer.grants = []
        before = len(world.consumer.asked)
        await until(lambda: len(world.consumer.asked) > before + 1)
        assert (await world.through_outway(headers=named())).code == "UNKNOWN_GRANT_HASH_IN_HEADER"

    run(tmp_path, scenario)


def test_unknown_grants_are_no_flood_at_the_manager(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway()
        before = len(world.consumer.asked)
        await asyncio.gather(*(world.through_outway(headers=named(f"$1$3${number}")) for number in range(20)))
        assert len(world.consumer.asked) - before <= 2

    run(tmp_path, scenario)


def test_grants_that_are_known_are_used_while_the_manager_is_away(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway()
        world.consumer.away = True
        assert (await world.through_outway()).status == 200

    run(tmp_path, scenario)


def test_without_grants_it_says_that_the_manager_does_not_answer(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.consumer.away = True
        await both(world)
        answer = await world.through_outway()
        assert (answer.status, answer.code) == (503, "UNAVAILABLE")

    run(tmp_path, scenario)


def test_the_manager_is_asked_for_grants_of_its_key_and_names(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await world.through_outway()
        (_, path) = world.consumer.asked[0]
        assert path.startswith("/v1/outways/")

    run(tmp_path, scenario)


def test_a_token_is_asked_for_once(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await asyncio.gather(*(world.through_outway(headers=named()) for _ in range(20)))
        assert world.provider.scopes == [ONE]

    run(tmp_path, scenario)


def test_each_grant_has_its_own_token(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.consumer.grants.append(grant(TWO, manager_address=world.manager_address))
        await both(world)
        for grant_hash in (ONE, TWO, ONE):
            await world.through_outway(headers=named(grant_hash))
        assert [record["grant_hash"] for record in world.logs[CONSUMER].records] == [ONE, TWO, ONE]

    run(tmp_path, scenario)


def test_a_manager_that_gives_no_token_is_quoted(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.provider.refusal = {"error": "invalid_scope", "error_description": "the contract has been revoked"}
        await both(world)
        answer = await world.through_outway()
        assert (answer.status, answer.code, b"the contract has been revoked" in answer.body) == (
            403,
            "ACCESS_TOKEN_UNAVAILABLE",
            True,
        )

    run(tmp_path, scenario)


def test_a_manager_that_does_not_answer_is_named(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.consumer.grants = [grant(manager_address=f"https://{world.at(2, 8)}:8443")]
        await both(world)
        answer = await world.through_outway()
        assert (answer.status, answer.code, world.at(2, 8).encode() in answer.body) == (
            502,
            "ACCESS_TOKEN_UNAVAILABLE",
            True,
        )

    run(tmp_path, scenario)


def test_a_manager_of_another_peer_gets_no_question(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.consumer.grants = [grant(service_peer_id=OTHER, manager_address=world.manager_address)]
        await both(world)
        answer = await world.through_outway()
        assert (answer.code, world.provider.scopes) == ("ACCESS_TOKEN_UNAVAILABLE", [])

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"group_id": "elsewhere"}, "WRONG_GROUP_ID_IN_TOKEN"),
        ({"issuer": OTHER}, "ACCESS_TOKEN_UNAVAILABLE"),
        ({"certificate_thumbprint": "x"}, "ACCESS_TOKEN_UNAVAILABLE"),
        ({"audience": "https://127.0.0.1:22"}, "ACCESS_TOKEN_UNAVAILABLE"),
    ],
    ids=["group", "issuer", "certificate", "port"],
)
def test_a_token_that_must_not_be_used_is_not(tmp_path: Path, claims: dict[str, Any], code: str) -> None:
    async def scenario(world: World) -> None:
        world.provider.claims = claims
        await both(world)
        answer = await world.through_outway()
        assert (answer.status, answer.code, world.service.requests) == (502, code, [])

    run(tmp_path, scenario)


def test_it_registers_by_key_and_names(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await both(world)
        await until(lambda: bool(world.controllers[CONSUMER].registered))
        ((path, said),) = world.controllers[CONSUMER].registered.items()
        assert (path, said["domain_names"]) == ("/v1/groups/fsc.test/outways/outway", [world.at(1, 5)])

    run(tmp_path, scenario)
