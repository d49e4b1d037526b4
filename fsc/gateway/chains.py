"""Whether the certificates of the other side are revoked, looked at again now and then rather than each time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Chain = tuple[bytes, ...]
"""Certificates in DER, from the other side's own to the trust anchor."""

# Seconds; lists themselves are hours old.
_REMEMBERED: Final = 30.0
_MOST: Final = 10_000


class Revocation(Protocol):
    """Checks chains; see `wegennet.fsc.service.revocation`."""

    async def check_der(self, chain: Sequence[bytes]) -> None:
        """Returns when no certificate of the chain is revoked; raises `FscError` otherwise."""


class Chains:
    """Remembers chains that were good a moment ago.

    Args:
        revocation: checks them; None where lists are not looked at (DISABLE_CRL_CHECKS).
        clock: seconds.
    """

    def __init__(self, revocation: Revocation | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._revocation = revocation
        self._clock = clock
        self._good: dict[Chain, float] = {}

    def known_good(self, chain: Chain) -> bool:
        """Whether the chain was checked a moment ago, or need not be."""
        return self._revocation is None or self._clock() - self._good.get(chain, float("-inf")) < _REMEMBERED

    async def check(self, chain: Chain) -> None:
        """Returns when no certificate of the chain is revoked.

        Raises:
            FscError: one is, or that is not known.
        """
        if self._revocation is None or self.known_good(chain):
            return
        await self._revocation.check_der(chain)
        if len(self._good) >= _MOST:
            self._good.clear()
        self._good[chain] = self._clock()
