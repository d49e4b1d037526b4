"""Our key set: the certificates with which we sign, and those of before that somebody may still need (Core 4.4.1.4)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from wegennet.fsc.core.jwks import jwk_set
from wegennet.fsc.manager.store import certificates

if TYPE_CHECKING:
    from wegennet.fsc.storage.database import Database

_MARGIN_SECONDS: Final = 300
"""A replica notes less often than it signs which certificate it uses."""


class KeySet:
    """Gives the key set, the same on every replica.

    Args:
        database: knows the certificates.
        token_ttl: seconds that a token lasts at most.
    """

    def __init__(self, database: Database, token_ttl: int) -> None:
        self._database = database
        self._kept_seconds = token_ttl + _MARGIN_SECONDS

    async def __call__(self) -> dict[str, Any]:
        """The key set as JSON."""
        async with self._database.transaction() as connection:
            chains = await certificates.published(connection, int(time.time()), self._kept_seconds)
        return jwk_set(chains)
