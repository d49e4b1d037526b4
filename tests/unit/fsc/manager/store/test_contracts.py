from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.fsc.manager import made

from wegennet.fsc.core import ijson
from wegennet.fsc.core.contract import GrantType
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.hashes import content_hash, grant_hashes
from wegennet.fsc.core.state import ContractState, preferred, state
from wegennet.fsc.manager.store import contracts, pages
from wegennet.fsc.manager.store.contracts import Filter
from wegennet.fsc.manager.store.pages import Page
from wegennet.fsc.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.postgres import Postgres

    from wegennet.fsc.core.contract import Content
    from wegennet.fsc.core.signatures import Signature
    from wegennet.fsc.storage.database import Connection

NOW = int(time.time())


async def insert(connection: Connection, content: Content) -> bool:
    return await contracts.insert(connection, contracts.prepare(content))


async def put(connection: Connection, signature: Signature) -> bool:
    await connection.execute(
        "INSERT INTO certificates (thumbprint, peer_id, chain, expires_at) VALUES (%s, %s, '{}', 0)"
        " ON CONFLICT DO NOTHING",
        [signature.thumbprint, signature.peer_id],
    )
    return await contracts.put_signature(connection, signature)


@pytest.fixture
def on(with_database: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a test in one transaction."""

    def run(test: Callable[[Connection], Any]) -> Any:
        async def opened(database: Database) -> Any:
            async with database.transaction() as connection:
                return await test(connection)

        return with_database(opened)

    return run


def test_a_contract_keeps_its_hash(on: Callable[..., Any]) -> None:
    content = made.contract({**made.connection(), "properties": {"é": ["\u0000", 1.5, {"b": 1, "a": 2}]}})

    async def test(connection: Connection) -> None:
        await insert(connection, content)
        found = await contracts.get(connection, content_hash(content))
        assert found is not None
        assert content_hash(found.content) == content_hash(content)

    on(test)


def test_the_stored_text_is_what_the_hash_is_over(on: Callable[..., Any]) -> None:
    content = made.contract(made.publication())

    async def test(connection: Connection) -> None:
        await insert(connection, content)
        row = await (await connection.execute("SELECT content FROM contracts")).fetchone()
        assert row is not None
        assert row["content"].encode() == ijson.canonical(json.loads(row["content"]))

    on(test)


def test_a_contract_is_new_once(on: Callable[..., Any]) -> None:
    content = made.contract(made.publication())

    async def test(connection: Connection) -> None:
        assert await insert(connection, content)
        assert not await insert(connection, content)

    on(test)


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_an_iv_that_another_contract_has_is_refused(on: Callable[..., Any], spelling: Callable[[str], str]) -> None:
    first = made.contract(made.publication())
    second = made.contract(made.publication("other"), iv=spelling(first.iv))

    async def test(connection: Connection) -> None:
        await insert(connection, first)
        with pytest.raises(FscError, match="Another contract has this iv"):
            await insert(connection, second)

    on(test)


def test_an_iv_that_another_transaction_is_using_is_refused(with_database: Callable[..., Any]) -> None:
    first = made.contract(made.publication())
    second = made.contract(made.publication("other"), iv=first.iv)

    async def test(database: Database) -> None:
        async with database.transaction() as one:
            await insert(one, first)
            late = asyncio.create_task(insert_alone(database, second))
            await asyncio.wait([late], timeout=0.2)
        with pytest.raises(FscError):
            await late

    with_database(test)


async def insert_alone(database: Database, content: Content) -> bool:
    async with database.transaction() as connection:
        return await insert(connection, content)


def test_equal_grants_of_a_contract_are_kept_both(on: Callable[..., Any]) -> None:
    content = made.contract(made.connection(), made.connection())

    async def test(connection: Connection) -> None:
        await insert(connection, content)
        found, _ = await contracts.select(connection, Filter(grant_hashes=grant_hashes(content)), Page())
        assert [len(one.content.grants) for one in found] == [2]

    on(test)


def test_a_signature_that_lasts_longer_takes_the_place(on: Callable[..., Any]) -> None:
    content = made.contract(made.publication())
    old, new = made.signature(content, made.PROVIDER, until=10), made.signature(content, made.PROVIDER, until=20)

    async def test(connection: Connection) -> None:
        await insert(connection, content)
        assert [await put(connection, one) for one in (old, new, old)] == [True, True, False]
        found = await contracts.get(connection, content_hash(content))
        assert found is not None
        assert found.signatures == (new,)

    on(test)


def test_the_same_signature_again_changes_nothing(on: Callable[..., Any]) -> None:
    content = made.contract(made.publication())
    signature = made.signature(content, made.PROVIDER)

    async def test(connection: Connection) -> None:
        await insert(connection, content)
        assert [await put(connection, signature), await put(connection, signature)] == [True, False]

    on(test)


def test_contracts_come_in_pages_by_date(on: Callable[..., Any]) -> None:
    made_at = [NOW - 300, NOW - 200, NOW - 200, NOW - 100]
    contents = [made.contract(made.publication(), created_at=at) for at in made_at]

    async def test(connection: Connection) -> None:
        for content in contents:
            await insert(connection, content)
        for descending in (True, False):
            seen, cursor = [], None
            more = True
            while more:
                page, more = await contracts.select(connection, Filter(), Page(cursor, 3, descending))
                seen += [one.content.created_at for one in page]
                cursor = page[-1].content_hash
            assert seen == sorted(made_at, reverse=descending)

    on(test)


def test_a_page_ends_where_its_contents_get_too_large(on: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_BYTES", 1500)
    contents = [made.contract(made.publication(), created_at=NOW - at) for at in range(5)]

    async def test(connection: Connection) -> None:
        for content in contents:
            await insert(connection, content)
        found, more = await contracts.select(connection, Filter(), Page(limit=5))
        assert ([one.content for one in found], more) == (contents[:3], True)

    on(test)


def test_a_contract_that_is_too_large_for_a_page_has_one_for_itself(
    on: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_BYTES", 1)
    contents = [made.contract(made.publication(), created_at=NOW - at) for at in range(2)]

    async def test(connection: Connection) -> None:
        for content in contents:
            await insert(connection, content)
        found, more = await contracts.select(connection, Filter(), Page(limit=5))
        assert ([one.content for one in found], more) == (contents[:1], True)

    on(test)


def test_contracts_are_found_by_party_type_hash_and_state(on: Callable[..., Any]) -> None:
    mine, other = made.contract(made.connection()), made.contract(made.publication())

    async def test(connection: Connection) -> None:
        await insert(connection, mine)
        await insert(connection, other)
        await put(connection, made.signature(other, made.PROVIDER, "revoke"))
        for only in (
            Filter(party=made.CONSUMER),
            Filter(grant_type=GrantType.SERVICE_CONNECTION),
            Filter(content_hashes=[content_hash(mine)]),
            Filter(grant_hashes=grant_hashes(mine)),
            Filter(state=ContractState.PROPOSED, at=NOW),
        ):
            found, _ = await contracts.select(connection, only, Page())
            assert [one.content for one in found] == [mine]

    on(test)


SIGNATURES = st.lists(
    st.tuples(
        st.sampled_from([made.DIRECTORY, made.PROVIDER]),
        st.sampled_from(["accept"] * 6 + ["reject", "revoke"]),
        st.sampled_from([-1, 0, 1, 50]),
        st.integers(0, 2),
    ),
    max_size=6,
)
FORGET = "DELETE FROM signatures; DELETE FROM grants; DELETE FROM parties; DELETE FROM contracts"


def test_the_state_in_sql_is_that_of_the_core(postgres: Postgres) -> None:
    @settings(max_examples=200, deadline=None)
    @given(SIGNATURES, st.sampled_from([-10, 0, 10]), st.sampled_from([20, 30]), st.sampled_from([-20, 0, 1, 20, 21]))
    def agree(drawn: list[tuple[str, str, int, int]], begins: int, ends: int, at: int) -> None:
        content = made.contract(made.publication(), validity={"not_before": NOW + begins, "not_after": NOW + ends})
        signatures = [
            made.signature(content, peer, kind, until=until, signed=signed) for peer, kind, until, signed in drawn
        ]
        runner.run(compare(database, content, signatures, NOW + at))

    database = Database(postgres.fresh_database("wegennet.fsc.manager"))
    with asyncio.Runner() as runner:
        runner.run(database.open())
        try:
            agree()
        finally:
            runner.run(database.close())


async def compare(database: Database, content: Content, signatures: list[Signature], at: int) -> None:
    async with database.transaction() as connection:
        await insert(connection, content)
        for signature in signatures:
            await put(connection, signature)
        found = await contracts.get(connection, content_hash(content))
        counted = await contracts.states(connection, at)
        await connection.execute(FORGET)
    assert found is not None
    assert sorted(found.signatures, key=str) == sorted(preferred(signatures), key=str)
    assert [each for each in counted if counted[each]] == [state(content, signatures, at)]
