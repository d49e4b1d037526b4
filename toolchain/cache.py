"""Where built tools lie: `<cache>/tools/<key>/<name>`, with a key made of everything that decides the binary.

A binary appears in the cache by one rename after it is complete and on disk, so that what is there is whole.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.console.errors import UserMistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.toolchain.tools import GoModule, Tool

BUILD_FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false")
"""Flags of `go build` for every module, beside its linker flags."""

_REMEDY = "Let your user write there, or name another folder in the variable WEGENNET_CACHE."

_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def root() -> Path:
    """The project's cache: `~/.cache/wegennet`, or the folder that `WEGENNET_CACHE` names.

    Raises:
        UserMistake: the user has no home folder, and the variable names none.
    """
    try:
        return Path(os.environ.get("WEGENNET_CACHE") or "~/.cache/wegennet").expanduser().absolute()
    except RuntimeError as error:
        raise UserMistake("there is no home folder for the cache", remedy=_REMEDY) from error


@contextmanager
def in_use() -> Iterator[None]:
    """Around all work in the cache, so that a cache that cannot be used is told as a sentence.

    Raises:
        UserMistake: a file or folder of the cache cannot be read, made or removed, or the disk is full.
    """
    try:
        yield
    except OSError as error:
        if not _is_of_the_cache(error):
            raise
        reason = f"the cache cannot be used: {error.strerror}"
        raise UserMistake(reason, where=str(error.filename or root()), remedy=_REMEDY) from error


def _is_of_the_cache(error: OSError) -> bool:
    if error.filename is None:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    file = Path(str(error.filename))
    return file.is_relative_to(root()) or root().is_relative_to(file)


def architecture() -> str:
    """This machine's GOARCH."""
    machine = os.uname().machine
    return _GO_ARCHITECTURES.get(machine, machine)


def key(module: GoModule) -> str:
    """The folder name of a module's binaries: its name and a digest of sources, flags and machine.

    The Go version is in it as the go line of go.mod: a newer Go on another day gives a binary just as good, and a
    machine without Go can still tell which binaries are its own.
    """
    build = (
        *BUILD_FLAGS,
        module.linker_flags,
        *module.embeds,
        sys.platform,
        architecture(),
        digest_of(*module.sources),
    )
    return f"{module.folder}-{hashlib.sha256(repr(build).encode()).hexdigest()[:16]}"


def binary(tool: Tool) -> Path:
    """Where the tool's binary lies once it is built."""
    return root() / "tools" / key(tool.module) / tool.name


def publish(built: Path, target: Path) -> None:
    """Moves a complete file into the cache: on disk first, then visible under its name in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _flush(built)
    built.replace(target)
    _flush(target.parent)


def settle(made: Path, target: Path) -> None:
    """Moves a complete folder into the cache as `publish` does, unless another run has made the same one meanwhile."""
    for folder, _, files in os.walk(made):
        for path in (*(Path(folder, name) for name in files), Path(folder)):
            if not path.is_symlink():  # is on disk with its folder
                _flush(path)
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    _flush(target.parent)


def digest_of(*files: Path) -> str:
    """A digest of the files' names and contents, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
