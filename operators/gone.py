"""Objects that went, by UID and version, so that late news of them does not bring them back into a cache.

The answer to our own write, or a page of a list, can be processed after the watch has told of the deletion. News of a
later version is let through: an object that lost the label that it is watched by goes in the same way, and can come
back.
"""

from __future__ import annotations

from typing import Final

_REMEMBERED: Final = 10_000
"""Objects that are kept: far more than can go while one answer is on its way."""


class Gone:
    """The last objects that went."""

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}

    def add(self, uid: str, version: int) -> None:
        """Remembers that an object was gone at this version; forgets the oldest when there are too many."""
        self._versions.pop(uid, None)
        self._versions[uid] = version
        if len(self._versions) > _REMEMBERED:
            del self._versions[next(iter(self._versions))]

    def covers(self, uid: str, version: int) -> bool:
        """Whether news of this version is older than that the object went."""
        return version <= self._versions.get(uid, -1)
