"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from wegennet.console.errors import WegennetError

if TYPE_CHECKING:
    from collections.abc import Callable


class Turn(StrEnum):
    """Whose turn it is: nobody's when all is well, the person's, or the platform's."""

    NOBODY = "ok"
    USER = "user"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Finding:
    """What was looked at, whose turn it is, what was seen, and how to mend it."""

    name: str
    turn: Turn
    detail: str
    remedy: str = ""


def well(name: str, detail: str) -> Finding:
    """All is well."""
    return Finding(name, Turn.NOBODY, detail)


def look(name: str, check: Callable[[], Finding]) -> Finding:
    """What `check` finds; an error of ours is a finding as well."""
    try:
        return check()
    except WegennetError as error:
        turn = Turn.USER if error.exit_code == 1 else Turn.PLATFORM
        return Finding(name, turn, f"{error.where}: {error.what}" if error.where else error.what, error.remedy)
