"""The floor: the same objects sent by a bare server-side-apply client that looks at nothing and knows what to send."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import orjson

from wegennet.operators.api.group import API_VERSION, FINALIZER
from wegennet.operators.api.municipality import MunicipalitySpec
from wegennet.operators.desired.municipality import desired_objects
from wegennet.operators.operator import WORKERS
from wegennet.operators.resources import MUNICIPALITY, resource_by_kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    import aiohttp

    from wegennet.operators.connection import Connection
    from wegennet.operators.resources import Resource

DECLARERS = 8
"""Municipalities that are declared at once while the operator follows; the floor declares each as it comes to it."""


async def apply(
    session: aiohttp.ClientSession,
    resource: Resource,
    obj: dict[str, Any],
    *,
    subresource: str = "",
    manager: str = "bare",
) -> None:
    """One server-side apply."""
    metadata = obj["metadata"]
    path = resource.path(metadata.get("namespace"), metadata["name"], subresource or None)
    params = {"fieldManager": manager, "force": "true"}
    headers = {"Content-Type": "application/apply-patch+yaml"}
    async with session.patch(path, params=params, data=orjson.dumps(obj), headers=headers) as response:
        content = await response.read()
        if response.status not in (200, 201):
            raise RuntimeError(f"{path}: {response.status} {content[:300]!r}")


async def in_parallel(
    work: Callable[[dict[str, Any]], Awaitable[None]], items: Iterable[dict[str, Any]], workers: int
) -> None:
    """Does `work` for each item, `workers` at once."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    await asyncio.gather(*(worker() for _ in range(workers)))


async def declare(connection: Connection, municipalities: list[dict[str, Any]]) -> None:
    """Declares municipalities and nothing more."""
    async with connection.session(DECLARERS) as session:
        await in_parallel(lambda one: apply(session, MUNICIPALITY, one), municipalities, DECLARERS)


async def floor(administrator: Connection, operator: Connection, municipalities: list[dict[str, Any]]) -> float:
    """Seconds to send municipalities and all that the operator makes for them, with as many workers as it has."""
    began = time.monotonic()
    async with administrator.session(WORKERS) as declaring, operator.session(WORKERS) as session:

        async def provision(one: dict[str, Any]) -> None:
            name = one["metadata"]["name"]
            own = {"apiVersion": API_VERSION, "kind": "Municipality", "metadata": {"name": name}}
            await apply(declaring, MUNICIPALITY, one, manager="declarer")
            await apply(session, MUNICIPALITY, {**own, "metadata": {"name": name, "finalizers": [FINALIZER]}})
            for obj in desired_objects(MunicipalitySpec.model_validate(one["spec"])):
                await apply(session, resource_by_kind(obj["kind"]), obj)
            await apply(session, MUNICIPALITY, {**own, "status": _status(name)}, subresource="status")

        await in_parallel(provision, municipalities, WORKERS)
    return time.monotonic() - began


def _status(name: str) -> dict[str, Any]:
    """A status as large as the operator's."""
    condition = {
        "status": "True",
        "reason": "AsDesired",
        "message": "",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    kinds = ("Ready", "NamespaceReady", "IsolationReady", "AccessReady")
    return {"namespace": name, "observedGeneration": 1, "conditions": [{"type": kind, **condition} for kind in kinds]}
