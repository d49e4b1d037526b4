"""Tells the Directory where our Manager is, and the peers that know an address of before (FSC Core 4.4.2)."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

import structlog

from wegennet.fsc.manager import backoff
from wegennet.fsc.manager.store import peers
from wegennet.fsc.service.client import CallError

if TYPE_CHECKING:
    from wegennet.fsc.manager.directory import Directory
    from wegennet.fsc.manager.remote import Managers
    from wegennet.fsc.storage.database import Database

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 900.0
"""How often the Directory is told anew, about: it may have lost what it knew."""


class Announcement:
    """Announces us.

    Args:
        database: knows whom we told which address.
        managers: to call other peers with.
        directory: the Directory.
    """

    def __init__(self, database: Database, managers: Managers, directory: Directory) -> None:
        self._database = database
        self._managers = managers
        self._directory = directory

    async def to_directory(self) -> None:
        """Announces us to the Directory, without end; not at all when we are it."""
        failures = 0
        while not self._directory.is_own:
            try:
                await self._directory.manager.announce()
            except CallError as error:
                pause = backoff.pause(failures)
                failures += 1
                log.warning("not announced to the directory", reason=str(error), retry_seconds=round(pause, 1))
            else:
                log.info("announced to the directory", address=self._managers.own_address)
                failures, pause = 0, EVERY_SECONDS * random.uniform(0.75, 1.25)  # noqa: S311
            await asyncio.sleep(pause)

    async def to_peers(self) -> None:
        """Announces us to every peer that was told another address than ours is now; ends when all know."""
        failures = 0
        while True:
            async with self._database.transaction() as connection:
                left = await peers.to_tell(connection, self._managers.own_address)
            if not left:
                return
            for peer in left:
                await self._tell(peer.peer_id, peer.manager_address)
            await asyncio.sleep(backoff.pause(failures))
            failures += 1

    async def _tell(self, peer_id: str, address: str) -> None:
        try:
            await self._managers.of(peer_id, address).announce()
        except CallError as error:
            log.warning("not announced to a peer", peer_id=peer_id, reason=str(error))
            return
        async with self._database.transaction() as connection:
            await peers.told(connection, peer_id, address, self._managers.own_address)
