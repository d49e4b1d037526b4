"""Signs again what was signed with a certificate that ends sooner than the one that we have now (FSC Core 4.2.7)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from wegennet.fsc.core.certificates import expires_at
from wegennet.fsc.manager import audit
from wegennet.fsc.manager.store import contracts

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.core.signatures import SignatureType
    from wegennet.fsc.manager.keys import OwnKeys
    from wegennet.fsc.manager.signing import Signing
    from wegennet.fsc.storage.database import Database

log = structlog.get_logger(__name__)


class Renewal:
    """Keeps our signatures as lasting as our certificate.

    Args:
        database: has the contracts.
        signing: signs as our peer.
        keys: has the key pair for contracts.
        wake: says that there are new errands.
    """

    def __init__(self, database: Database, signing: Signing, keys: OwnKeys, wake: Callable[[], None]) -> None:
        self._database = database
        self._signing = signing
        self._keys = keys
        self._wake = wake

    async def renew(self) -> int:
        """Signs again what needs it, each in a transaction of its own; gives how many."""
        renewed = 0
        until = expires_at(self._keys.contract.certificate)
        async with self._database.transaction() as connection:
            due = await contracts.signed_until(connection, self._signing.own_id, until, int(time.time()))
        for content_hash, signature_type in due:
            renewed += await self._renew(content_hash, signature_type, until)
        if renewed:
            log.info("signed contracts again with a later certificate", contracts=renewed)
            self._wake()
        return renewed

    async def _renew(self, content_hash: str, signature_type: SignatureType, until: int) -> bool:
        async with self._database.transaction() as connection:
            await contracts.lock(connection, content_hash)
            contract = await contracts.get(connection, content_hash)
            assert contract is not None  # noqa: S101 (contracts are never removed)
            present = contract.signature(self._signing.own_id, signature_type)
            if present is None or present.expires_at >= until:
                return False
            await self._signing.sign(connection, content_hash, contract.content, signature_type)
        audit.record(f"contract.{signature_type}", "renewal", content_hash=content_hash)
        return True
