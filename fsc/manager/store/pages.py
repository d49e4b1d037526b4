"""Pages of lists: bounded in entries and in bytes, so that nobody can have us put gigabytes into one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wegennet.fsc.storage.database import Row

MOST_BYTES: Final = 8 * 1024 * 1024
"""Content in one page; a single entry may be larger."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: at most `limit` entries (all when None) after the one that `cursor` names."""

    cursor: str | None = None
    limit: int | None = None
    descending: bool = True

    @property
    def rows(self) -> int | None:
        """How many rows to look at: one more than are given, to know whether there are more."""
        return None if self.limit is None else self.limit + 1


def fitting(rows: list[Row], page: Page) -> tuple[list[Row], bool]:
    """The first of these rows that fit into a page by their number and `size`, and whether there are more."""
    chosen: list[Row] = []
    left = MOST_BYTES
    for row in rows[: page.limit]:
        left -= row["size"]
        if chosen and left < 0:
            break
        chosen.append(row)
    return chosen, len(chosen) < len(rows)
