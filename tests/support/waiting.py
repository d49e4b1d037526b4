"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, within: float = 20.0, every: float = 0.05) -> T:
    """The first truthy answer of `probe`; fails with its last answer or error after `within` seconds."""
    deadline = time.monotonic() + within
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = probe()
            if last:
                return last
        except (AssertionError, LookupError, OSError, RuntimeError) as error:
            last = error
        time.sleep(every)
    raise AssertionError(f"not within {within} s; last seen: {last!r}")


def stays(probe: Callable[[], bool], *, during: float = 1.0, every: float = 0.05) -> None:
    """Fails as soon as `probe` is false within `during` seconds: for what must not happen."""
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        assert probe(), "did not stay so"
        time.sleep(every)
