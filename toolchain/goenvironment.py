"""The environment that go runs in: what decides the binary is ours; where modules are from and kept is the machine's.

Variables as of `go help environment`.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.console.errors import PlatformFailure
from wegennet.toolchain import cache

if TYPE_CHECKING:
    from collections.abc import Mapping

_DECIDING = ("GOROOT", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFIPS140", "GO111MODULE")
"""Would change what is built, or which Go does it; go's own defaults are taken instead."""

_MACHINES = (
    *("GOCACHE", "GOMODCACHE", "GOPATH"),
    *("GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH"),
)
"""Set for the machine, perhaps by `go env -w`: where Go keeps its caches, and how it gets modules."""


def environment(go: Path, temporary: Path) -> dict[str, str]:
    """The variables for building with this `go`, whatever is set in the shell or by `go env -w`.

    Args:
        go: path of the program.
        temporary: folder for Go's temporary files.

    Raises:
        PlatformFailure: go does not tell its settings.
    """
    fixed = settled() | {"GOTMPDIR": str(temporary)}
    # Go's file of settings says where its caches are; after that it is off, for it may hold flags too.
    return fixed | _settings(go, fixed) | {"GOENV": "off"}


def settled() -> dict[str, str]:
    """The shell's variables, with what decides about a build replaced by ours."""
    inherited = {name: value for name, value in os.environ.items() if name not in _DECIDING}
    return inherited | {
        "HOME": _home(),
        "GOOS": "linux",
        "GOARCH": cache.architecture(),
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def _home() -> str:
    """The user's home, or a folder of our cache for a user who has none: Go keeps its caches below it."""
    try:
        return str(Path.home())
    except RuntimeError:
        return str(cache.root() / "home")


def _settings(go: Path, variables: Mapping[str, str]) -> dict[str, str]:
    answer = subprocess.run(
        [go, "env", "-json", *_MACHINES], env=variables, cwd="/", capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise PlatformFailure(
            f"`go env` ended with {answer.returncode}:\n{answer.stderr.strip()}",
            where=str(go),
            remedy="Mend that Go, or take it off PATH: one of the pinned version is installed then.",
        )
    return {name: value for name, value in json.loads(answer.stdout).items() if value}
