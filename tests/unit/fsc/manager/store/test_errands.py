from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from wegennet.fsc.manager.store import errands
from wegennet.fsc.manager.store.errands import Action, Errand

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.storage.database import Database

CONTRACT = "$1$1$contract"
A, B = "00000099000000001000", "00000099000000002000"


@pytest.fixture
def on(with_database: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a test on a database that has a contract."""

    def run(test: Callable[[Database], Any]) -> Any:
        async def prepared(database: Database) -> Any:
            await contract(database, CONTRACT)
            return await test(database)

        return with_database(prepared)

    return run


async def contract(database: Database, content_hash: str, not_after: int = 2_000_000_000) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO contracts (content_hash, iv, content, not_before, not_after, created_at)"
            " VALUES (%s, gen_random_uuid(), '{}', 1, %s, 1)",
            [content_hash, not_after],
        )


async def add(
    database: Database, *peers: str, action: Action = Action.SUBMIT_CONTRACT, content_hash: str = CONTRACT
) -> None:
    async with database.transaction() as connection:
        await errands.add(connection, content_hash, peers or [A], action)


async def claim(database: Database, lease_seconds: float = 60, holder: UUID | None = None) -> Errand | None:
    async with database.transaction() as connection:
        return await errands.claim(connection, holder or uuid4(), lease_seconds)


async def claimed(database: Database, lease_seconds: float = 60) -> Errand:
    errand = await claim(database, lease_seconds)
    assert errand is not None
    return errand


async def done(database: Database, errand: Errand) -> None:
    async with database.transaction() as connection:
        await errands.done(connection, errand)


async def failed(database: Database, errand: Errand, after: float, error: str = "no") -> None:
    async with database.transaction() as connection:
        await errands.failed(connection, errand, error, after)


async def progress(database: Database) -> list[errands.Progress]:
    async with database.transaction() as connection:
        return await errands.progress(connection, CONTRACT)


def test_an_errand_is_claimed_once(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        assert await claim(database)
        assert await claim(database) is None

    on(test)


def test_an_errand_that_another_transaction_is_claiming_is_passed_over(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database, A, B)
        async with database.transaction() as one, database.transaction() as other:
            first, second = await errands.claim(one, uuid4(), 60), await errands.claim(other, uuid4(), 60)
        assert {errand.peer_id for errand in (first, second) if errand} == {A, B}

    on(test)


def test_an_errand_whose_lease_ran_out_is_claimed_again(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        first = await claimed(database, lease_seconds=0)
        assert (await claimed(database)).lease != first.lease

    on(test)


def test_who_ends_gives_its_errands_back_and_no_others(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database, A, B)
        ending = uuid4()
        first = await claim(database, holder=ending)
        await claimed(database)
        async with database.transaction() as connection:
            await errands.give_back(connection, ending)
        again = await claimed(database)
        assert first is not None
        assert again.peer_id == first.peer_id
        assert await claim(database) is None

    on(test)


def test_an_errand_that_is_done_is_not_claimed(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        await done(database, await claimed(database))
        assert await claim(database) is None

    on(test)


def test_a_failed_errand_is_claimed_when_it_is_due_again(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        await failed(database, await claimed(database), after=0)
        assert (await claimed(database)).failures == 1

    on(test)


def test_a_failed_errand_waits(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        await failed(database, await claimed(database), after=60)
        assert await claim(database) is None

    on(test)


def test_the_last_error_of_an_errand_is_kept(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        await failed(database, await claimed(database), after=60, error="Nobody is there.")
        assert [one.last_error for one in await progress(database)] == ["Nobody is there."]

    on(test)


def test_who_lost_the_lease_does_not_put_the_errand_off(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        late = await claimed(database, lease_seconds=0)
        await claimed(database, lease_seconds=0)
        await failed(database, late, after=60)
        assert await claim(database)

    on(test)


def test_what_was_made_anew_meanwhile_is_not_done(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        errand = await claimed(database)
        await add(database)
        await done(database, errand)
        assert (await claimed(database)).generation == 2

    on(test)


def test_a_late_end_of_an_older_generation_leaves_the_newer_done(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        late = await claimed(database, lease_seconds=0)
        await add(database)
        await done(database, await claimed(database))
        await done(database, late)
        assert await claim(database) is None

    on(test)


def test_an_errand_made_anew_is_not_claimed_twice_at_a_time(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        await claimed(database)
        await add(database)
        assert await claim(database) is None

    on(test)


def test_a_peer_is_not_asked_more_than_some_things_at_once(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        for number in range(errands.LANE_WIDTH + 1):
            await contract(database, f"$1$1${number}")
            await add(database, A, content_hash=f"$1$1${number}")
        await add(database, B)
        peers = [errand.peer_id for _ in range(errands.LANE_WIDTH + 2) if (errand := await claim(database))]
        assert sorted(peers) == [A] * errands.LANE_WIDTH + [B]

    on(test)


def test_all_errands_for_a_peer_who_does_not_answer_wait(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database, A)
        errand = await claimed(database)
        await add(database, A, B, action=Action.SUBMIT_ACCEPT)
        async with database.transaction() as connection:
            await errands.hold_back(connection, errand, 60)
        assert (await claimed(database)).peer_id == B
        assert await claim(database) is None

    on(test)


def test_who_answers_again_gets_what_waited_for_it(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        errand = await claimed(database)
        async with database.transaction() as connection:
            await errands.failed(connection, errand, "no", 60, unreachable=True)
        assert await errands.let_go(database, A)
        assert (await claimed(database)).failures == 1

    on(test)


def test_what_a_peer_refused_is_not_hurried_by_its_answers(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        await failed(database, await claimed(database), after=60)
        assert not await errands.let_go(database, A)

    on(test)


def test_errands_of_an_expired_contract_end(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        async with database.transaction() as connection:
            await errands.close_expired(connection, 2_000_000_001)
        assert await claim(database) is None
        assert [one.last_error for one in await progress(database)] == ["The contract expired."]

    on(test)


def test_the_end_of_an_expired_contract_does_not_wait_for_errands_in_use(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database, A, B)
        async with database.transaction() as using:
            await using.execute("SELECT FROM errands WHERE peer_id = %s FOR UPDATE", [A])
            async with database.transaction() as connection:
                await connection.execute("SET LOCAL lock_timeout = '2s'")
                await errands.close_expired(connection, 2_000_000_001)
        assert {one.peer_id: one.done_at is not None for one in await progress(database)} == {A: False, B: True}

    on(test)


def test_the_time_to_the_next_errand_is_known(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database)
        await failed(database, await claimed(database), after=60)
        async with database.transaction() as connection:
            assert await errands.seconds_to_next(connection) == pytest.approx(60, abs=5)

    on(test)


def test_failures_count_as_waiting_until_they_are_done(on: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        await add(database, A, B)
        await failed(database, await claimed(database), after=60)
        async with database.transaction() as connection:
            [figures] = await errands.waiting(connection)
        assert (figures["action"], figures["waiting"], figures["failing"]) == (Action.SUBMIT_CONTRACT, 2, 1)

    on(test)
