"""Who passes an Inway, over TLS: the order of FSC Core 4.7 and Logging 3.3."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.gateways.peers import CONSUMER, DELEGATOR, OTHER, PROVIDER
from support.gateways.requests import authorization, fsc
from support.gateways.world import World, run

from wegennet.fsc.core.transactions import new_transaction_id
from wegennet.fsc.trial.pki import Authority
from wegennet.fsc.wire.errors import WireError

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.wire.message import Headers


def test_a_request_with_a_valid_token_reaches_the_service(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        answer = await world.at_inway(b"/a?b=c", fsc(world))
        assert (answer.status, world.service.last.target) == (200, b"/a?b=c")

    run(tmp_path, scenario)


def test_a_token_without_bearer_before_it_is_taken_too(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        headers = [(b"fsc-authorization", world.token().encode()), *fsc(world)[1:]]
        assert (await world.at_inway(headers=headers)).status == 200

    run(tmp_path, scenario)


def test_a_request_without_a_token_is_refused(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        answer = await world.at_inway(headers=fsc(world)[1:])
        assert (answer.status, answer.code, answer.header(b"www-authenticate")) == (
            401,
            "ACCESS_TOKEN_MISSING",
            b"Bearer",
        )

    run(tmp_path, scenario)


def test_a_token_that_is_bound_to_another_certificate_is_refused(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        other = world.pki.in_group(CONSUMER, "other", world.at(1, 7))
        answer = await world.at_inway(headers=fsc(world), files=other)
        assert (answer.status, answer.code, world.service.requests) == (401, "ACCESS_TOKEN_INVALID", [])

    run(tmp_path, scenario)


def test_a_token_of_another_peer_is_refused(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        answer = await world.at_inway(headers=fsc(world, subject=OTHER))
        assert (answer.status, answer.code) == (401, "ACCESS_TOKEN_INVALID")

    run(tmp_path, scenario)


def test_a_client_whose_certificate_is_of_another_authority_is_not_connected(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        stranger = world.pki.in_group(CONSUMER, "stranger", under=Authority.root("Stranger"))
        with pytest.raises(WireError):
            await world.at_inway(headers=fsc(world), files=stranger)
        assert world.service.requests == []

    run(tmp_path, scenario)


def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        answer = await world.at_inway(headers=fsc(world, expires_at=int(time.time()) - 1))
        assert (answer.status, answer.code, answer.header(b"www-authenticate")) == (
            401,
            "ACCESS_TOKEN_EXPIRED",
            b"Bearer",
        )

    run(tmp_path, scenario)


def test_a_token_of_another_group_is_refused(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        answer = await world.at_inway(headers=fsc(world, group_id="elsewhere"))
        assert (answer.status, answer.code) == (403, "WRONG_GROUP_ID_IN_TOKEN")

    run(tmp_path, scenario)


def test_a_service_that_is_not_offered_is_not_found(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        answer = await world.at_inway(headers=fsc(world, service="permits"))
        assert (answer.status, answer.code) == (404, "SERVICE_NOT_FOUND")

    run(tmp_path, scenario)


def test_a_service_that_another_inway_offers_is_not_found(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.controllers[PROVIDER].services[0]["inway_address"] = "https://another.example.nl:8443"
        await world.inway()
        assert (await world.at_inway(headers=fsc(world))).code == "SERVICE_NOT_FOUND"

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("transaction", "code"),
    [
        ([], "MISSING_LOG_RECORD_ID"),
        ([b""], "MISSING_LOG_RECORD_ID"),
        ([b"1"], "INVALID_LOG_RECORD_ID"),
        ([b"0b2a8de0-9a76-4d4e-9d10-3c2c1f4c3f7a"], "INVALID_LOG_RECORD_ID"),
        ([new_transaction_id().encode(), new_transaction_id().encode()], "INVALID_LOG_RECORD_ID"),
    ],
    ids=["missing", "empty", "no UUID", "version 4", "two"],
)
def test_a_request_without_a_transaction_id_is_refused(tmp_path: Path, transaction: list[bytes], code: str) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        headers: Headers = [authorization(world), *((b"fsc-transaction-id", value) for value in transaction)]
        answer = await world.at_inway(headers=headers)
        assert (answer.status, answer.code, world.service.requests) == (400, code, [])

    run(tmp_path, scenario)


def test_a_transaction_is_logged_with_its_id(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        transaction = new_transaction_id()
        await world.at_inway(headers=fsc(world, transaction))
        (record,) = world.logs[PROVIDER].records
        assert (record["transaction_id"], record["direction"], record["service_name"]) == (
            transaction,
            "DIRECTION_INCOMING",
            "parking",
        )

    run(tmp_path, scenario)


def test_a_request_on_behalf_of_another_peer_is_logged_with_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=fsc(world, subject=DELEGATOR, actor=CONSUMER))
        assert world.logs[PROVIDER].records[0]["source"] == {
            "type": "SOURCE_TYPE_DELEGATED_SOURCE",
            "outway_peer_id": CONSUMER,
            "delegator_peer_id": DELEGATOR,
        }

    run(tmp_path, scenario)


def test_a_service_that_is_offered_on_behalf_of_another_peer_is_logged_with_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        await world.at_inway(headers=fsc(world, publication_delegator=DELEGATOR))
        assert world.logs[PROVIDER].records[0]["destination"] == {
            "type": "DESTINATION_TYPE_DELEGATED_DESTINATION",
            "service_peer_id": PROVIDER,
            "delegator_peer_id": DELEGATOR,
        }

    run(tmp_path, scenario)


def test_nothing_reaches_the_service_while_the_record_is_not_confirmed(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway(tx_log_write_timeout="200ms")
        world.logs[PROVIDER].hangs = True
        answer = await world.at_inway(headers=fsc(world))
        assert (answer.status, answer.code, world.service.requests) == (500, "TRANSACTION_LOG_WRITE_ERROR", [])

    run(tmp_path, scenario)


def test_a_log_that_fails_refuses_the_request(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway(tx_log_write_timeout="200ms")
        world.logs[PROVIDER].away = True
        answer = await world.at_inway(headers=fsc(world))
        assert (answer.status, answer.code, world.service.requests) == (500, "TRANSACTION_LOG_WRITE_ERROR", [])

    run(tmp_path, scenario)


def test_a_refusal_says_what_is_wrong_and_where(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.inway()
        answer = await world.at_inway(headers=fsc(world, group_id="elsewhere"))
        assert answer.body == (
            b'{"message":"This is group fsc.test; the access token is of another.",'
            b'"domain":"ERROR_DOMAIN_INWAY","code":"ERROR_CODE_WRONG_GROUP_ID_IN_TOKEN"}'
        )

    run(tmp_path, scenario)
