"""Errors of a trial group: a sentence each, for the person who started it."""

from __future__ import annotations


class TrialError(Exception):
    """Base of what stops a trial group: a sentence, and an exit code that says whose turn it is (1 user, 2 machine)."""

    exit_code = 2


class Mistake(TrialError):  # noqa: N818 - it is the user's mistake; the exit code says so
    """Something that the person who called can mend: a program that is missing, a folder that cannot be used."""

    exit_code = 1


class Failure(TrialError):  # noqa: N818
    """A process of the group or the machine failed; the input was right."""
