"""Removes from the cache what the pinned modules no longer ask for."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from wegennet.toolchain import cache, go_program
from wegennet.toolchain.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KEYED = re.compile(r"(.+-)?[0-9a-f]{16}")
"""Names of complete folders; what another run is just making has another name."""


@cache.in_use()
def remove_outdated() -> list[Path]:
    """Removes tools and Go versions that are not pinned now, and links to them; gives the folders that went.

    Raises:
        UserMistake: the cache cannot be used.
    """
    current = {cache.key(tool.module) for tool in TOOLS.values()} | {go_program.key()}
    outdated = [folder for kind in ("tools", "go") for folder in _folders(kind) if folder.name not in current]
    for folder in outdated:
        shutil.rmtree(folder)
    dangling = [folder for folder in _folders("bin") if any(not link.exists() for link in folder.iterdir())]
    for folder in dangling:
        shutil.rmtree(folder)
    return [*outdated, *dangling]


def _folders(kind: str) -> Iterator[Path]:
    parent = cache.root() / kind
    if parent.is_dir():
        yield from sorted(path for path in parent.iterdir() if _KEYED.fullmatch(path.name))
