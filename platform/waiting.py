"""Waits for municipalities: until they are ready, or until they are gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from wegennet.console.errors import PlatformFailure, StillPending
from wegennet.platform.tenants import Tenant, tenants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kubernetes.client import ApiClient

    from wegennet.console.progress import Stage

_PAUSE: Final = 0.5
_SHARE: Final = 10
"""Seconds between two looks, and at least so many times what a look took: a wait costs the API server a tenth."""

_SHOWN: Final = 10


def until_ready(api: ApiClient, wanted: Collection[str], stage: Stage, *, timeout: float) -> None:
    """Waits until every municipality of these ids is ready.

    Raises:
        PlatformFailure: one of them is not in the cluster, though Pulumi's state has it.
        StillPending: some are not ready after `timeout` seconds; the message says which and why.
    """
    deadline = time.monotonic() + timeout
    for seen in _looks(api):
        _none_missing(wanted, seen)
        pending = [tenant for tenant in seen if tenant.id in wanted and not tenant.ready]
        stage.update(pending[0].code if pending else "", done=len(wanted) - len(pending), total=len(wanted))
        if not pending:
            return
        if time.monotonic() > deadline:
            raise StillPending(
                f"{len(pending)} of {len(wanted)} municipalities are not ready after {timeout:.0f} s{_listed(pending)}",
                remedy="`wegennet status --not-ready` follows them; `wegennet doctor` looks at the operator.",
            )


def until_gone(api: ApiClient, leaving: Collection[str], stage: Stage, *, patience: float) -> list[Tenant]:
    """Waits until the municipalities of these ids are gone.

    Returns:
        Those that are still there: all of them are held, or none went in `patience` seconds.
    """
    fewest, since = len(leaving) + 1, time.monotonic()
    for seen in _looks(api):
        held = [tenant for tenant in seen if tenant.id in leaving]
        stage.update(held[0].code if held else "", done=len(leaving) - len(held), total=len(leaving))
        if len(held) < fewest:
            fewest, since = len(held), time.monotonic()
        if all(tenant.held for tenant in held) or time.monotonic() - since > patience:
            return held
    raise AssertionError("the looks never end")  # pragma: no cover


def pending_deletion(held: Collection[Tenant]) -> StillPending:
    """Says which municipalities are still there after their deletion, and what holds each."""
    return StillPending(
        f"deleted but still there{_listed(held)}",
        remedy="Do what the messages ask for and run this again. Without a message, `wegennet doctor` says why.",
    )


def _looks(api: ApiClient) -> Iterator[list[Tenant]]:
    """What the cluster holds, again and again."""
    while True:
        began = time.monotonic()
        yield tenants(api)
        time.sleep(max(_PAUSE, (time.monotonic() - began) * _SHARE))


def _none_missing(wanted: Collection[str], seen: Collection[Tenant]) -> None:
    if missing := sorted(set(wanted) - {tenant.id for tenant in seen}):
        shown = ", ".join(missing[:_SHOWN])
        raise PlatformFailure(
            f"in Pulumi's state but not in the cluster: {shown}",
            remedy="Somebody deleted them there. `wegennet refresh` and then `wegennet up` make them again.",
        )


def _listed(some: Collection[Tenant]) -> str:
    lines = [f"\n  {tenant.code} {tenant.name}: {tenant.reason}" for tenant in list(some)[:_SHOWN]]
    more = [f"\n  … and {len(some) - _SHOWN} more"] if len(some) > _SHOWN else []
    return "".join([":", *lines, *more])
