"""How fast two peers come to contracts: made at one, accepted by rule at the other, valid at both."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from scale.fsc import agreement, usage
from wegennet.fsc.api.manager_internal import ContractMade
from wegennet.fsc.trial.layout import Component

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.fsc.trial.group import Group


def measure(group: Group, count: int, at_once: int) -> dict[str, Any]:
    """Makes `count` connection contracts, `at_once` at a time.

    Raises:
        CallError: a Manager refused one.
        TimeoutError: not all became valid.
    """
    processes = {
        "managers": [peer.processes[Component.MANAGER].child.pid for peer in group.peers],
        "postgres": [group.postgres.child.pid] if group.postgres else [],
    }
    before = {name: usage.cpu_seconds(pids) for name, pids in processes.items()}
    made, valid = asyncio.run(_contracts(group, count, at_once))
    used = {name: usage.cpu_seconds(pids) - before[name] for name, pids in processes.items()}
    return {
        "at_once": at_once,
        "count": count,
        "made_per_second": round(count / made, 1),
        "valid_per_second": round(count / valid, 1),
        "cpu_milliseconds": {name: round(seconds / count * 1000, 2) for name, seconds in used.items()},
    }


async def _contracts(group: Group, count: int, at_once: int) -> tuple[float, float]:
    """Seconds until all are made, and until all are valid at both peers."""
    grant = agreement.connection(group)
    bodies = iter([agreement.contract(grant) for _ in range(count)])
    hashes: list[str] = []
    async with agreement.manager(group.peers[-1]) as uses, agreement.manager(group.peers[0]) as offers:

        async def worker(bodies: Iterator[dict[str, Any]]) -> None:
            for body in bodies:
                made = await uses.post("/contracts", body, ContractMade)
                hashes.append(made.content_hash)

        began = time.perf_counter()
        await asyncio.gather(*(worker(bodies) for _ in range(at_once)))
        made = time.perf_counter() - began
        await agreement.until_valid(offers, hashes)
        await agreement.until_valid(uses, hashes)
        return made, time.perf_counter() - began
