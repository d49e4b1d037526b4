"""Compiled Python modules: an image's file system is read-only to its user, so a start would compile them each time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.console.errors import UserMistake
from wegennet.environments.cluster.images.oci import File

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHON = (3, 11)
"""Python of the base image."""


def compile_folder(folder: Path, place: str) -> None:
    """Compiles all modules below a folder, in place.

    They carry a hash of the source that is not checked at a start, and no time, so that they are the same each time.

    Args:
        folder: where the modules are now.
        place: where they will be in the image; tracebacks name that.

    Raises:
        UserMistake: this Python is another than the image's.
    """
    _require_same_python()
    workers = str(os.cpu_count() or 1)
    options = ["-q", "-q", "-j", workers, "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", place]
    # A module that does not compile (some packages ship templates as .py) is left as it is; the exit code says no more.
    subprocess.run([sys.executable, "-I", "-m", "compileall", *options, str(folder)], check=False, capture_output=True)


def compiled(modules: Mapping[str, File]) -> dict[str, File]:
    """The compiled files that go with the `.py` files among some files.

    Args:
        modules: files of an image by path without the leading slash.
    """
    with tempfile.TemporaryDirectory(prefix="wegennet-compile-") as folder:
        root = Path(folder)
        for name, file in modules.items():
            if name.endswith(".py") and file.data is not None:
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.data)
        compile_folder(root, "/")
        found = sorted(root.rglob("*.pyc"))
        return {str(path.relative_to(root)): File(0o644, path.read_bytes()) for path in found}


def _require_same_python() -> None:
    if sys.version_info[:2] != PYTHON:
        wanted, found = (".".join(map(str, version)) for version in (PYTHON, sys.version_info[:2]))
        raise UserMistake(
            f"Images hold Python {wanted}, and their modules are compiled by the Python that runs this: {found}.",
            remedy=f"Make the project's environment with Python {wanted}: uv sync --python {wanted}",
        )
