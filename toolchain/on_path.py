"""Tools that the machine already has: a program on PATH is used as it is when it has the pinned version.

Asking a program costs up to half a second, so its answer is remembered for as long as the file stays the same.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.toolchain import cache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.toolchain.tools import Tool

_SEMANTIC_VERSION = re.compile(r"v?([0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?)")

_ANSWER_SECONDS = 5
"""A program that does not tell its version in so long is not used."""


def find(tool: Tool) -> Path | None:
    """The first program of the tool's name on PATH that has the pinned version; our own cache does not count."""
    if not tool.version_arguments and not tool.is_provider:
        return None
    pinned = tool.version.removeprefix("v")
    return next((path for path in _candidates(tool.name) if _version(path, tool) == pinned), None)


def _candidates(name: str) -> Iterator[Path]:
    for folder in map(Path, os.get_exec_path()):
        path = folder / name
        # A relative entry would make the choice depend on the folder that the command is called in.
        if folder.is_absolute() and not _is_own(path) and path.is_file() and os.access(path, os.X_OK):
            yield path


def _is_own(path: Path) -> bool:
    """Whether the program is reached through our cache or lies there."""
    own = cache.root()
    return path.is_relative_to(own) or path.resolve().is_relative_to(own.resolve())


def _version(path: Path, tool: Tool) -> str:
    facts = path.stat()
    identity = f"{path} {facts.st_mtime_ns} {facts.st_size}"
    known = _remembered()
    if identity not in known:
        known = {entry: version for entry, version in known.items() if not entry.startswith(f"{path} ")}
        known[identity] = _ask_provider(path) if tool.is_provider else _ask(path, tool)
        _remember(known)
    return known[identity]


def _ask(path: Path, tool: Tool) -> str:
    """The version that the program prints, without its v; empty when it does not say."""
    try:
        answer = subprocess.run(
            [tool.name, *tool.version_arguments],  # by its bare name: some print argv[0], and a path may hold digits
            executable=path,
            env=os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _SEMANTIC_VERSION.search(answer.stdout + answer.stderr)
    return found[1] if found and answer.returncode == 0 else ""


def _ask_provider(path: Path) -> str:
    from wegennet.toolchain.provider_version import provider_version  # noqa: PLC0415 - gRPC takes half a second to import

    return provider_version(path, _ANSWER_SECONDS)


def _memory() -> Path:
    return cache.root() / "path-versions.json"


def _remembered() -> dict[str, str]:
    try:
        known = json.loads(_memory().read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(known: dict[str, str]) -> None:
    with suppress(OSError):  # a cache that cannot be written costs half a second each time, and no more
        _memory().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=_memory().parent, delete=False) as file:
            json.dump(known, file)
        Path(file.name).replace(_memory())
