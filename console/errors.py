"""Errors for the person who gets them: what was wrong, where, and what to do, with an exit code by whose turn it is."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command: whose turn it is now."""

    DONE = 0
    USER = 1
    PLATFORM = 2
    PENDING = 3


class WegennetError(Exception):
    """Base of the errors that a command shows as a sentence instead of a traceback.

    Args:
        what: what was wrong, as a sentence.
        where: the file and field, the object or the machine's part that it was seen in.
        remedy: what the person can do now.
    """

    exit_code = ExitCode.PLATFORM

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n{self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"


class UserMistake(WegennetError):  # noqa: N818 - it is the user's mistake; the exit code says so
    """Something that the person who called can mend: wrong input, a missing right, an unknown name."""

    exit_code = ExitCode.USER


class PlatformFailure(WegennetError):  # noqa: N818
    """The platform or the machine failed; the input was right."""

    exit_code = ExitCode.PLATFORM


class StillPending(WegennetError):  # noqa: N818
    """Nothing failed, but what was asked for is not there yet."""

    exit_code = ExitCode.PENDING
