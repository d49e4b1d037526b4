from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.txlog import NOW, A, B, C, D, Log, destination, record, source

if TYPE_CHECKING:
    from wegennet.fsc.api.logging import WrittenRecord

ASCENDING, DESCENDING = "SORT_ORDER_ASCENDING", "SORT_ORDER_DESCENDING"


def ids(*records: WrittenRecord) -> list[str]:
    return [one.record_id for one in records]


def at(*times: int) -> list[WrittenRecord]:
    return [record(created_at=NOW + time) for time in times]


async def all_pages(log: Log, **query: Any) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = await log.page(cursor=cursor, **query)
        found += [str(row["record_id"]) for row in page.rows]
        if not (cursor := page.next_cursor):
            return found


def test_the_newest_come_first_unless_told_otherwise(run: Any) -> None:
    async def scenario(log: Log) -> None:
        first, last, middle = at(1, 3, 2)
        await log.write(first, last, middle)
        assert await log.ids() == ids(last, middle, first)
        assert await log.ids(sort_order=ASCENDING) == ids(first, middle, last)

    run(scenario)


def test_a_page_has_25_records_unless_told_otherwise(run: Any) -> None:
    async def scenario(log: Log) -> None:
        await log.write(*(record() for _ in range(30)))
        assert len(await log.ids()) == 25
        assert len(await log.ids(limit=3)) == 3

    run(scenario)


@pytest.mark.parametrize("order", [ASCENDING, DESCENDING])
@pytest.mark.parametrize("narrowed", [{}, {"peer_id": A}, {"service_name": ["parking"], "grant_hash": ["$1$3$x"]}])
def test_pages_follow_each_other_without_gap_or_overlap(run: Any, order: str, narrowed: dict[str, Any]) -> None:
    async def scenario(log: Log) -> None:
        records = [record(created_at=NOW + number // 4, grant_hash=f"$1$3${number % 3}") for number in range(23)]
        await log.write(*records)
        expected = ids(*records) if order == ASCENDING else ids(*reversed(records))
        assert await all_pages(log, limit=5, sort_order=order, **narrowed) == expected

    run(scenario)


def test_the_last_page_has_no_cursor_also_when_it_is_full(run: Any) -> None:
    async def scenario(log: Log) -> None:
        await log.write(*(record() for _ in range(10)))
        page = await log.page(limit=5)
        assert page.next_cursor
        assert not (await log.page(limit=5, cursor=page.next_cursor)).next_cursor

    run(scenario)


@pytest.mark.parametrize("order", [ASCENDING, DESCENDING])
def test_records_that_come_in_do_not_move_the_next_page(run: Any, order: str) -> None:
    async def scenario(log: Log) -> None:
        one, two, three, four = at(1, 2, 3, 4)
        await log.write(one, two, three, four)
        page = await log.page(limit=2, sort_order=order)
        before, after = at(0, 9)
        await log.write(before, after)
        rest = await log.ids(limit=2, sort_order=order, cursor=page.next_cursor)
        assert rest == (ids(three, four) if order == ASCENDING else ids(two, one))

    run(scenario)


def test_after_and_before_leave_their_own_second_out(run: Any) -> None:
    async def scenario(log: Log) -> None:
        records = at(1, 2, 3, 4)
        await log.write(*records)
        assert await log.ids(after=NOW + 2) == ids(records[3], records[2])
        assert await log.ids(before=NOW + 3) == ids(records[1], records[0])
        assert await log.ids(after=NOW + 1, before=NOW + 3) == ids(records[1])

    run(scenario)


def test_a_record_matches_one_of_several_grants(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one, two, three = (record(grant_hash=f"$1$3${name}") for name in "abc")
        await log.write(one, two, three)
        assert sorted(await log.ids(grant_hash=["$1$3$a", "$1$3$c", "$1$3$z"])) == ids(one, three)

    run(scenario)


def test_a_record_matches_one_of_several_services(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one, two, three = (record(service_name=name) for name in "abc")
        await log.write(one, two, three)
        assert sorted(await log.ids(service_name=["a", "b"])) == ids(one, two)

    run(scenario)


def test_a_record_matches_the_grant_or_the_service(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record(grant_hash="$1$3$a", service_name="x")
        two = record(grant_hash="$1$3$b", service_name="y")
        three = record(grant_hash="$1$3$b", service_name="z")
        await log.write(one, two, three)
        assert sorted(await log.ids(grant_hash=["$1$3$a"], service_name=["y"])) == ids(one, two)

    run(scenario)


def test_the_grant_and_the_time_must_both_match(run: Any) -> None:
    async def scenario(log: Log) -> None:
        early = record(grant_hash="$1$3$a", created_at=NOW)
        late = record(grant_hash="$1$3$a", created_at=NOW + 10)
        other = record(grant_hash="$1$3$b", created_at=NOW + 10)
        await log.write(early, late, other)
        assert await log.ids(grant_hash=["$1$3$a"], after=NOW) == ids(late)

    run(scenario)


def test_records_of_a_peer_are_those_that_involve_it_in_any_part(run: Any) -> None:
    async def scenario(log: Log) -> None:
        parts = [
            record(source=source(C)),
            record(source=source(A, C)),
            record(destination=destination(C)),
            record(destination=destination(B, C)),
        ]
        await log.write(*parts, record(), record(source=source(A, D)))
        assert sorted(await log.ids(peer_id=C)) == ids(*parts)

    run(scenario)


def test_a_peer_that_has_two_parts_gets_a_record_once(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record(source=source(C), destination=destination(C, C))
        await log.write(one)
        assert await log.ids(peer_id=C) == ids(one)

    run(scenario)


def test_the_peer_and_the_grant_must_both_match(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record(source=source(C), grant_hash="$1$3$a")
        await log.write(one, record(grant_hash="$1$3$a"), record(source=source(C), grant_hash="$1$3$b"))
        assert await log.ids(peer_id=C, grant_hash=["$1$3$a"]) == ids(one)

    run(scenario)


def test_transactions_are_found_whatever_the_other_filters_say(run: Any) -> None:
    async def scenario(log: Log) -> None:
        sent, received = record(), record(direction="DIRECTION_INCOMING")
        received = received.model_copy(update={"transaction_id": sent.transaction_id})
        await log.write(sent, received, record())
        query = {"transaction_ids": [sent.transaction_id], "after": NOW + 99, "service_name": ["z"], "limit": 1}
        page = await log.page(**query, cursor="not a cursor")
        assert sorted(str(row["record_id"]) for row in page.rows) == ids(sent, received)
        assert not page.next_cursor

    run(scenario)


def test_transactions_of_others_stay_hidden_from_a_peer(run: Any) -> None:
    async def scenario(log: Log) -> None:
        ours, others = record(source=source(C)), record()
        await log.write(ours, others)
        found = await log.ids(transaction_ids=[ours.transaction_id, others.transaction_id], peer_id=C)
        assert found == ids(ours)

    run(scenario)


def test_a_text_that_is_no_id_is_of_no_transaction(run: Any) -> None:
    async def scenario(log: Log) -> None:
        one = record()
        await log.write(one)
        assert await log.ids(transaction_ids=["abc", one.transaction_id.upper()]) == ids(one)

    run(scenario)
