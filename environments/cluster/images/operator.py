"""The operator's image: base, dependencies, application. Each is kept by what it is made of and made only once."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.console.errors import PlatformFailure
from wegennet.environments.cluster import packages
from wegennet.environments.cluster.images import bytecode, containerfile, context, debian
from wegennet.environments.cluster.images.oci import File, Image, write, write_layer
from wegennet.toolchain import cache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.console.progress import Reporter, Stage

NAME = "wegennet.local/operator"
_KEPT = 3
"""Files of a kind that stay in the cache."""

_SOURCES = ("operators/**/*", "pyproject.toml", "uv.lock", "environments/cluster/images/*")


def archive(reporter: Reporter) -> Path:
    """The archive of the operator's image, made when anything that goes into it changed.

    Debian's archive is asked only for what is not here; when it cannot be reached, the last image of the same sources
    is as good.
    """
    root = context.project_root()
    sources = _digest_of_sources(root)
    with reporter.stage("Images") as stage:
        try:
            return _archive(root, sources, stage)
        except debian.PackageUnavailable:
            return _archive_after_update(root, sources, stage)


def _archive_after_update(root: Path, sources: str, stage: Stage) -> Path:
    with suppress(PlatformFailure):  # the packages, asked for once more, say what is wrong
        packages.update(stage)
    try:
        return _archive(root, sources, stage)
    except debian.PackageUnavailable:
        made = sorted(_folder().glob(f"operator-{sources}-*.tar"), key=lambda path: path.stat().st_mtime)
        if not made:
            raise
        return made[-1]


def _archive(root: Path, sources: str, stage: Stage) -> Path:
    versions = _base_versions()
    target = _folder() / f"operator-{sources}-{_digest_of_versions(versions)}.tar"
    if not target.exists():
        with _one_at_a_time(root):
            _build(root, versions, target, stage)
            _forget_old(target)
    return target


def _build(root: Path, versions: dict[str, str], target: Path, stage: Stage) -> None:
    recipe = containerfile.read(root / "operators" / "Containerfile")
    stage.update("base: Debian and Python")
    layers = [_base_layer(versions)]
    stage.update("dependencies and wheel")
    folder = context.make(root)
    layers += [_copied_layer(folder / source, place) for source, place in recipe.copies]
    stage.update("archive")
    write(Image(NAME, tuple(layers), recipe.config), target)


def _base_versions() -> dict[str, str]:
    names = debian.package_names()
    versions = packages.candidates(names)
    unknown = sorted(set(names) - set(versions))
    if unknown:
        raise debian.PackageUnavailable(
            f"apt does not know these packages of the base image: {' '.join(unknown)}.",
            remedy="The image is built on Debian 12 (bookworm); its sources must be enabled and within reach.",
        )
    return versions


def _base_layer(versions: dict[str, str]) -> Path:
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in (debian, bytecode))
    path = _folder() / f"base-{_digest(code, _digest_of_versions(versions).encode())}.layer"
    if not path.exists():
        write_layer(debian.root_files(versions), path)
    return path


def _copied_layer(folder: Path, place: str) -> Path:
    """The layer of a COPY: the files of a folder as they will lie below a place in the image."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {f"{place}/{path.relative_to(folder)}": File(_mode(path), path.read_bytes()) for path in paths}
    contents = [f"{name}:{file.mode}\0".encode() + (file.data or b"") for name, file in files.items()]
    path = _folder() / f"{folder.name}-{_digest(*contents)}.layer"
    if not path.exists():
        write_layer(files, path)
    return path


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def _digest_of_versions(versions: dict[str, str]) -> str:
    return _digest(repr(sorted(versions.items())).encode())


def _digest_of_sources(root: Path) -> str:
    found = {path for pattern in _SOURCES for path in root.glob(pattern) if path.is_file()}
    sources = sorted(path for path in found if "__pycache__" not in path.parts)
    contents = [str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() for path in sources]
    return _digest(*contents)


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def _forget_old(newest: Path) -> None:
    """Keeps the newest few files of each kind, so that a day of changes does not fill the disk."""
    for pattern in ("operator-*.tar", "base-*.layer", "dependencies-*.layer", "application-*.layer"):
        found = sorted(newest.parent.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in found[_KEPT:]:
            path.unlink(missing_ok=True)


def _folder() -> Path:
    return cache.root() / "images"


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Two commands that build at once would share the context folder."""
    lock = root / "build" / "operator.lock"
    lock.parent.mkdir(exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
