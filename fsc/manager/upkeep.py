"""What a replica does from time to time: follow its key files, sign again, end what has expired, look at figures."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from wegennet.fsc.manager.store import errands

if TYPE_CHECKING:
    from wegennet.fsc.manager.keys import OwnKeys
    from wegennet.fsc.manager.metrics import ManagerMetrics
    from wegennet.fsc.manager.renewal import Renewal
    from wegennet.fsc.storage.database import Database

EVERY_SECONDS: Final = 15.0
"""How often key files are looked at."""
SELDOM_SECONDS: Final = 60.0
"""How often what costs the database more is done."""


class Upkeep:
    """Keeps things in order.

    Args:
        database: of the Manager.
        keys: our key pairs.
        renewal: signs again.
        metrics: shows figures.
    """

    def __init__(self, database: Database, keys: OwnKeys, renewal: Renewal, metrics: ManagerMetrics) -> None:
        self._database = database
        self._keys = keys
        self._renewal = renewal
        self._metrics = metrics
        self._seldom_at = -SELDOM_SECONDS

    async def run(self) -> None:
        """Does so again and again."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> None:
        """Does once what is due."""
        changed = await self._keys.refresh()
        seldom = time.monotonic() - self._seldom_at >= SELDOM_SECONDS
        if changed or seldom:
            await self._renewal.renew()
        if seldom:
            self._seldom_at = time.monotonic()
            async with self._database.transaction() as connection:
                await errands.close_expired(connection, int(time.time()))
            await self._metrics.look(self._database, self._keys)
