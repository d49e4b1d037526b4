"""The programs that a benchmark needs beside Python: native ones, so that they are not what is measured."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

_PACKAGES: Final = {"wrk": "wrk", "nginx": "nginx-light", "curl": "curl"}


class MissingError(Exception):
    """A program is not there and cannot be installed; the message says what to do."""


def ensure() -> None:
    """Installs from Debian what is missing.

    Raises:
        MissingError: we are not root, or apt fails.
    """
    packages = [package for program, package in _PACKAGES.items() if shutil.which(program) is None]
    if not packages:
        return
    command = ["apt-get", "install", "-qy", "--no-install-recommends", *packages]
    if os.geteuid() != 0:
        raise MissingError(f"Missing: {', '.join(packages)}. Install them as root: {' '.join(command)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for one in (["apt-get", "update", "-q"], command):
        done = subprocess.run(one, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingError(f"`{' '.join(one)}` failed:\n{done.stderr.strip()}")
