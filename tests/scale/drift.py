"""How long a change of somebody else stands before it is put right, seen by a watch; beside the same by a bare loop."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from scale.bare import apply
from wegennet.operators.api.municipality import MunicipalitySpec
from wegennet.operators.desired.municipality import desired_objects
from wegennet.operators.resources import resource_by_kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

    from wegennet.operators.connection import Connection

QUOTA = resource_by_kind("ResourceQuota")
SAMPLES = 200
_CHANGED = "9999"


async def repair_times(connection: Connection, municipalities: list[dict[str, Any]], *, bare: bool) -> list[float]:
    """Seconds from a changed quota to its repair, `SAMPLES` times one after the other.

    Args:
        connection: as an administrator of the cluster.
        municipalities: those that stand.
        bare: repair by a bare loop in this process, where no operator runs.
    """
    async with connection.session(8) as session:
        restored: dict[str, asyncio.Event] = {}
        watcher = asyncio.create_task(_watch(session, restored, municipalities if bare else []))
        await _until_watching(session, restored, municipalities)
        try:
            return [await _one(session, restored, municipalities[n % len(municipalities)]) for n in range(SAMPLES)]
        finally:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher


async def _one(session: aiohttp.ClientSession, restored: dict[str, asyncio.Event], one: dict[str, Any]) -> float:
    name = one["metadata"]["name"]
    restored[name] = asyncio.Event()
    await _change(session, name)
    began = time.monotonic()
    await asyncio.wait_for(restored[name].wait(), 30)
    return time.monotonic() - began


async def _until_watching(
    session: aiohttp.ClientSession, restored: dict[str, asyncio.Event], municipalities: list[dict[str, Any]]
) -> None:
    """The first change may come before the watch does: it is not counted."""
    name = municipalities[0]["metadata"]["name"]
    restored[name] = asyncio.Event()
    while not restored[name].is_set():
        await _change(session, name)
        with suppress(TimeoutError):
            await asyncio.wait_for(restored[name].wait(), 1)


async def _change(session: aiohttp.ClientSession, name: str) -> None:
    change = {"spec": {"hard": {"pods": _CHANGED}}}
    headers = {"Content-Type": "application/merge-patch+json"}
    async with session.patch(QUOTA.path(name, "allowance"), data=orjson.dumps(change), headers=headers) as response:
        await response.read()


async def _watch(
    session: aiohttp.ClientSession, restored: dict[str, asyncio.Event], repair: list[dict[str, Any]]
) -> None:
    desired = {one["metadata"]["name"]: _quota(one) for one in repair}
    changed: set[str] = set()
    async for quota in _events(session):
        name = quota["metadata"]["namespace"]
        if quota["spec"]["hard"].get("pods") == _CHANGED:
            changed.add(name)
            if name in desired:
                await apply(session, QUOTA, desired[name])
        elif name in changed and name in restored:
            changed.discard(name)
            restored[name].set()


async def _events(session: aiohttp.ClientSession) -> AsyncIterator[dict[str, Any]]:
    async with session.get(QUOTA.path(), params={"watch": "true"}, timeout=None, read_bufsize=2**22) as response:
        async for line in response.content:
            yield orjson.loads(line)["object"]


def _quota(one: dict[str, Any]) -> dict[str, Any]:
    objects = desired_objects(MunicipalitySpec.model_validate(one["spec"]))
    return next(obj for obj in objects if obj["kind"] == QUOTA.kind)
