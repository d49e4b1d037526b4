"""Turns what Pulumi complained of into an error for the person who ran it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wegennet.console.errors import PlatformFailure, UserMistake, WegennetError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN: Final = 10
_REFUSED: Final = re.compile(r"is invalid:|denied (the )?request|is forbidden: User ")
"""How the API server says that what was declared is wrong or not allowed."""
_STOPPED: Final = "context canceled"
"""How operations end that Ctrl+C cut off."""
_PREAMBLE: Final = re.compile(
    r"^(resource \S+ was not successfully created by the Kubernetes API server: |update of resource \S+ failed .*?: )+"
)


def failure(faults: Sequence[tuple[str, str]], output: str) -> WegennetError:
    """The error of a failed run.

    Args:
        faults: the complaints, each with the resource's name or "".
        output: what pulumi printed; shown when it failed without a complaint.
    """
    if not faults:
        return PlatformFailure(f"Pulumi failed:\n{output.strip()}")
    if any(_STOPPED in message for _, message in faults):
        return UserMistake("the run was stopped", remedy="Running the same command again goes on from there.")
    of_resources = [fault for fault in faults if fault[0]]
    lines = [_line(name, message) for name, message in of_resources or faults[:1]]
    more = [f"  … and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    text = "\n".join(["the cluster could not be made what the environment declares:", *lines[:_SHOWN], *more])
    if of_resources and all(_REFUSED.search(message) for _, message in of_resources):
        return UserMistake(text, remedy="Mend the environment's files and run this again.")
    return PlatformFailure(text, remedy="`wegennet doctor` looks for the cause; running this again goes on from here.")


def _line(name: str, message: str) -> str:
    """One complaint without Pulumi's preamble, and without the traceback of a program that failed."""
    sentence = _PREAMBLE.sub("", message.partition("\nTraceback (most recent call last)")[0]).strip()
    return f"  {name}: {sentence}" if name else f"  {sentence}"
