"""What a server awaits from a client of HTTP/1.1, and for how long."""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import TYPE_CHECKING

from wegennet.fsc.wire.sending import CLOSE, LINGER
from wegennet.fsc.wire.sweep import NEVER

if TYPE_CHECKING:
    from wegennet.fsc.wire.limits import Limits


class Awaited(enum.Enum):
    """What the client has to do next, within a time limit."""

    NOTHING = enum.auto()
    REQUEST = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()
    LEAVING = enum.auto()
    CLOSE = enum.auto()


@lru_cache(4)
def times(limits: Limits) -> dict[Awaited, float]:
    """Seconds for each."""
    return {
        Awaited.NOTHING: NEVER,
        Awaited.REQUEST: limits.keep_alive,
        Awaited.HEAD: limits.head,
        Awaited.BODY: limits.idle,
        Awaited.LEAVING: LINGER,
        # A client may still be taking the end of its answer.
        Awaited.CLOSE: max(CLOSE, limits.idle),
    }
