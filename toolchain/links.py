"""A folder of links to tools, to be put in front of PATH; made once for each set of tools and never changed."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.toolchain import cache

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGE_PLUGIN = "pulumi-language-python"


@cache.in_use()
def bin_folder(paths: Mapping[str, Path]) -> Path:
    """The folder with a link for each tool, and our Python language plugin where PATH has no official one.

    Raises:
        UserMistake: the cache cannot be used.
    """
    plugin = "" if _official_plugin() else _plugin_script()
    content = repr((sorted((name, str(path)) for name, path in paths.items()), plugin))
    folder = cache.root() / "bin" / hashlib.sha256(content.encode()).hexdigest()[:16]
    if not folder.is_dir():
        _make(folder, paths, plugin)
    return folder


def _official_plugin() -> bool:
    own = cache.root()
    folders = [folder for folder in os.get_exec_path() if not Path(folder).is_relative_to(own)]
    return shutil.which(LANGUAGE_PLUGIN, path=os.pathsep.join(folders)) is not None


def _plugin_script() -> str:
    # -P: the program's folder must not stand in front of the standard library (the repository has a folder `platform`).
    return f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m wegennet.toolchain.pulumi_language_python "$@"\n'


def _make(folder: Path, paths: Mapping[str, Path], plugin: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / "bin"
        made.mkdir()
        for name, path in paths.items():
            (made / name).symlink_to(path)
        if plugin:
            (made / LANGUAGE_PLUGIN).write_text(plugin)
            (made / LANGUAGE_PLUGIN).chmod(0o755)
        cache.settle(made, folder)
