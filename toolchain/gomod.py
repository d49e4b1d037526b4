"""What a go.mod says: the version of a required module and the Go version that it needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wegennet.console.errors import PlatformFailure

if TYPE_CHECKING:
    from pathlib import Path

GoVersion = tuple[int, ...]
"""A Go version as numbers, (1, 26, 6)."""


def required_version(go_mod: Path, requirement: str) -> str:
    """The version of the required module, `v1.2.3`.

    Raises:
        PlatformFailure: go.mod does not require it.
    """
    found = re.search(rf"^(?:require)?\s*{re.escape(requirement)} (v\S+)", go_mod.read_text(), re.MULTILINE)
    if not found:
        raise PlatformFailure(
            f"the module does not require {requirement}", where=str(go_mod), remedy="Restore the file from git."
        )
    return found[1]


def go_line(go_mod: Path) -> GoVersion:
    """The Go version that the module needs at least, from its `go` line."""
    found = re.search(r"^go (\S+)$", go_mod.read_text(), re.MULTILINE)
    if not found:
        raise PlatformFailure("the module has no go line", where=str(go_mod), remedy="Restore the file from git.")
    return parse_go_version(found[1])


def parse_go_version(text: str) -> GoVersion:
    """Numbers of `1.26.6` or `go1.26.6`; what follows them (`rc1`, ` X:experiment`) is left out."""
    found = re.match(r"(?:go)?([0-9]+(?:\.[0-9]+)*)", text.strip())
    return tuple(int(number) for number in found[1].split(".")) if found else ()
