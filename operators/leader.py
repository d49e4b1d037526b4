"""Leader election by Lease: of several replicas one writes, the others stand by with a warm cache.

The protocol of client-go's leaderelection: a Lease is renewed well before it expires; whoever finds it expired takes
it, by a replace on the version that was read, so that of two takers one fails. Time is measured from when a renewal was
*seen*, so clocks of different nodes need not agree.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog

from wegennet.operators.client import ApiError
from wegennet.operators.resources import LEASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.operators.client import Client

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Timing:
    """Seconds: how long a lease holds, after how long without a renewal its holder gives up, and between two tries.

    `release` is how long giving it up may take: far less than the grace period of a pod that ends.
    """

    duration: float = 15.0
    deadline: float = 10.0
    retry: float = 2.0
    release: float = 3.0


class Leader:
    """Campaigns for a Lease and keeps it.

    Args:
        client: reads and writes the Lease.
        namespace: namespace of the Lease.
        name: name of the Lease.
        identity: who we are, unique among the replicas.
        on_change: told when this replica starts or stops to lead.
        timing: durations.
    """

    def __init__(
        self,
        client: Client,
        *,
        namespace: str,
        name: str,
        identity: str,
        on_change: Callable[[bool], None],
        timing: Timing | None = None,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._timing = timing or Timing()
        self._on_change = on_change
        self._seen_renewal: tuple[str, str] = ("", "")
        self._seen_at = 0.0
        self.elected = asyncio.Event()

    async def lead(self) -> None:
        """Campaigns, renews, and steps down when the lease is lost or could not be renewed within the deadline.

        `elected` is set while this replica leads. A write that is under way when it steps down can still arrive: all
        writes are applies of a desired state on objects that are checked to be ours, so two writers want the same.
        """
        renewed = 0.0
        while True:
            tried = time.monotonic()
            try:
                async with asyncio.timeout(self._patience(renewed)):
                    ours = await self._try()
                # The lease holds from when it was asked for, not from when the answer came.
                renewed = tried if ours else renewed
                self._change(leads=ours)
            except (ApiError, aiohttp.ClientError, TimeoutError) as error:
                log.warning("lease not renewed", lease=self._name, error=str(error))
            if time.monotonic() - renewed > self._timing.deadline:
                self._change(leads=False)
            await asyncio.sleep(self._timing.retry)

    async def release(self) -> None:
        """Gives the lease up, so that another replica need not wait for it to expire."""
        if not self.elected.is_set():
            return
        self._change(leads=False)
        try:
            async with asyncio.timeout(self._timing.release):
                await self._give_up()
        except (ApiError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("lease not released", lease=self._name, error=str(error))

    async def _give_up(self) -> None:
        lease = await self._client.read(LEASE, self._namespace, self._name)
        if lease["spec"].get("holderIdentity") == self._identity:
            lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
            await self._client.replace(LEASE, lease)

    def _patience(self, renewed: float) -> float:
        """Seconds for one try: a leader has until its deadline, and no more."""
        left = renewed + self._timing.deadline - time.monotonic()
        return max(left, 0.0) if self.elected.is_set() else self._timing.deadline

    def _change(self, *, leads: bool) -> None:
        if leads == self.elected.is_set():
            return
        log.info("leads" if leads else "leads no longer", lease=self._name, identity=self._identity)
        self._on_change(leads)
        if leads:
            self.elected.set()
        else:
            self.elected.clear()

    async def _try(self) -> bool:
        """One round: renews, takes a free or expired lease, or sees that another holds it; gives whether it is ours."""
        try:
            lease = await self._client.read(LEASE, self._namespace, self._name)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            return await self._write(None)
        return await self._write(lease) if self._may_take(lease["spec"]) else False

    def _may_take(self, spec: dict[str, Any]) -> bool:
        holder = spec.get("holderIdentity") or ""
        renewal = (holder, str(spec.get("renewTime", "")))
        if renewal != self._seen_renewal:
            self._seen_renewal, self._seen_at = renewal, time.monotonic()
        expired = time.monotonic() - self._seen_at > spec.get("leaseDurationSeconds", 0)
        return holder in ("", self._identity) or expired

    async def _write(self, lease: dict[str, Any] | None) -> bool:
        try:
            if lease is None:
                await self._client.create(LEASE, self._lease({}))
            else:
                await self._client.replace(LEASE, {**lease, "spec": self._lease(lease["spec"])["spec"]})
        except ApiError as error:
            if error.reason in ("Conflict", "AlreadyExists"):
                return False
            raise
        return True

    def _lease(self, before: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        ours = before.get("holderIdentity") == self._identity
        spec = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": int(self._timing.duration),
            "acquireTime": before["acquireTime"] if ours else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if ours else 1),
        }
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": {"namespace": self._namespace, "name": self._name},
            "spec": spec,
        }
