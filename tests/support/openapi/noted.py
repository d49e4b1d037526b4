"""Mistakes seen where an exception would go unnoticed, such as in the thread of a server that a test plays."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MISTAKES: list[str] = []


@contextmanager
def noting() -> Iterator[None]:
    """Notes an AssertionError instead of raising it."""
    try:
        yield
    except AssertionError as mistake:
        _MISTAKES.append(str(mistake))


def collected() -> list[str]:
    """What was noted since the last time."""
    mistakes = list(_MISTAKES)
    _MISTAKES.clear()
    return mistakes
