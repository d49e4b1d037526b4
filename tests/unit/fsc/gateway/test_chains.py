"""Chains that were checked for revocation a moment ago."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.gateway.chains import Chains

if TYPE_CHECKING:
    from collections.abc import Sequence

CHAIN = (b"leaf", b"root")


class Lists:
    """Counts the checks."""

    def __init__(self) -> None:
        self.checked = 0
        self.now = 0.0
        self.revoked = False
        self.chains = Chains(self, clock=lambda: self.now)

    async def check_der(self, chain: Sequence[bytes]) -> None:
        self.checked += 1
        if self.revoked:
            raise FscError(ErrorCode.PEER_CERTIFICATE_VERIFICATION_FAILED, f"{chain!r} is revoked")

    def check(self) -> None:
        asyncio.run(self.chains.check(CHAIN))


def test_a_chain_is_checked_once_in_a_while() -> None:
    lists = Lists()
    lists.check()
    lists.check()
    assert lists.checked == 1


def test_a_chain_is_checked_again_after_a_while() -> None:
    lists = Lists()
    lists.check()
    lists.now += 31
    lists.revoked = True
    with pytest.raises(FscError):
        lists.check()


def test_a_chain_that_is_revoked_is_not_remembered_as_good() -> None:
    lists = Lists()
    lists.revoked = True
    with pytest.raises(FscError):
        lists.check()
    assert not lists.chains.known_good(CHAIN)


def test_without_lists_every_chain_is_good() -> None:
    assert Chains(None).known_good(CHAIN)
