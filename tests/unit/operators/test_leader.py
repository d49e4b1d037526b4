"""Leadership by Lease: at most one leads, whatever its connection does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from wegennet.operators.client import ApiError
from wegennet.operators.leader import Leader, Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wegennet.operators.resources import Resource

QUICK = Timing(duration=1, deadline=0.5, retry=0.02, release=0.1)


class Store:
    """The one Lease, with the API server's optimistic concurrency."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None


class Connection:
    """A client of the store that can be made to hang or to fail."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.hangs = False
        self.fails = False

    async def _reach(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise ApiError(503, "ServiceUnavailable", "")

    async def read(self, _: Resource, __: str, ___: str) -> dict[str, Any]:
        await self._reach()
        if self._store.lease is None:
            raise ApiError(404, "NotFound", "")
        return self._store.lease

    async def create(self, _: Resource, obj: Mapping[str, Any]) -> dict[str, Any]:
        await self._reach()
        return self._write(obj, None)

    async def replace(self, _: Resource, obj: Mapping[str, Any]) -> dict[str, Any]:
        await self._reach()
        return self._write(obj, obj["metadata"].get("resourceVersion"))

    def _write(self, obj: Mapping[str, Any], expected: str | None) -> dict[str, Any]:
        current = self._store.lease["metadata"]["resourceVersion"] if self._store.lease else None
        if current != expected:
            raise ApiError(409, "Conflict", "")
        version = str(int(current or 0) + 1)
        self._store.lease = {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}
        return self._store.lease


def candidate(store: Store, identity: str) -> tuple[Leader, Connection]:
    connection = Connection(store)
    leader = Leader(
        connection,  # type: ignore[arg-type]  # stands in for the client
        namespace="n",
        name="l",
        identity=identity,
        on_change=lambda _: None,
        timing=QUICK,
    )
    return leader, connection


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - any condition, with a deadline
            await asyncio.sleep(0.005)


def test_the_first_leads_and_the_second_stands_by() -> None:
    async def scenario() -> None:
        store = Store()
        first, _ = candidate(store, "a")
        second, _ = candidate(store, "b")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(first.lead())]
            await until(first.elected.is_set)
            tasks.append(group.create_task(second.lead()))
            await asyncio.sleep(QUICK.duration * 1.5)
            assert (first.elected.is_set(), second.elected.is_set()) == (True, False)
            for task in tasks:
                task.cancel()

    asyncio.run(scenario())


def test_a_leader_that_hangs_steps_down_before_another_takes_over() -> None:
    async def scenario() -> None:
        store = Store()
        seen: list[tuple[bool, bool]] = []
        first, connection = candidate(store, "a")
        second, _ = candidate(store, "b")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(first.lead())]
            await until(first.elected.is_set)
            tasks.append(group.create_task(second.lead()))
            connection.fails = True
            await asyncio.sleep(QUICK.deadline * 0.8)
            connection.fails, connection.hangs = False, True

            def taken_over() -> bool:
                seen.append((first.elected.is_set(), second.elected.is_set()))
                return second.elected.is_set()

            await until(taken_over)
            for task in tasks:
                task.cancel()
        assert (True, True) not in seen

    asyncio.run(scenario())


def test_a_lease_that_was_given_up_is_taken_at_once() -> None:
    async def scenario() -> None:
        store = Store()
        first, _ = candidate(store, "a")
        second, _ = candidate(store, "b")
        leading = asyncio.create_task(first.lead())
        await until(first.elected.is_set)
        leading.cancel()
        await first.release()
        async with asyncio.timeout(QUICK.duration / 2):
            campaigning = asyncio.create_task(second.lead())
            await second.elected.wait()
        campaigning.cancel()
        assert store.lease is not None
        assert store.lease["spec"]["holderIdentity"] == "b"

    asyncio.run(scenario())


def test_giving_a_lease_up_does_not_wait_for_an_api_server_that_does_not_answer() -> None:
    async def scenario() -> None:
        first, connection = candidate(Store(), "a")
        leading = asyncio.create_task(first.lead())
        await until(first.elected.is_set)
        leading.cancel()
        connection.hangs = True
        async with asyncio.timeout(QUICK.release * 20):
            await first.release()
        assert not first.elected.is_set()

    asyncio.run(scenario())
