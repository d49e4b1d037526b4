"""OCI image archives (OCI image layout 1.0 in a tar), the same bytes for the same input.

Files are sorted, owned by root and dated 1970; layers are not compressed, since they only travel within the machine
and a compressor's output changes with its version.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wegennet.console.errors import UserMistake

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_NAME = "io.containerd.image.name"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True)
class File:
    """One entry of a layer: a file with `data`, a symbolic link with `target`, else a folder."""

    mode: int
    data: bytes | None = None
    target: str = ""


@dataclass(frozen=True)
class Image:
    """What goes into an archive.

    Attributes:
        name: repository, such as `wegennet.local/operator`.
        layers: layers in order, lowest first, as `write_layer` made them.
        config: `User`, `Env`, `Entrypoint`, `Cmd`, `WorkingDir` of the OCI image configuration.
    """

    name: str
    layers: tuple[Path, ...]
    config: Mapping[str, Any] = field(default_factory=dict)


def write_layer(files: Mapping[str, File], path: Path) -> None:
    """Writes a layer, whole or not at all.

    Args:
        files: by absolute path without the leading slash; folders above them are added.
        path: the layer's file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".layer-") as folder:
        half = Path(folder) / "layer"
        with half.open("wb") as raw, _tar(raw) as tar:
            for name in sorted(_with_folders(files)):
                _add_entry(tar, name, files.get(name, File(0o755)))
        half.replace(path)


def write(image: Image, archive: Path) -> str:
    """Writes the archive, whole or not at all.

    Returns:
        The reference that pins the image: `<name>@sha256:<digest of the manifest>`.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".image-") as folder:
        half = Path(folder) / "archive"
        reference = _write(image, half)
        half.replace(archive)
    return reference


def reference_of(archive: Path) -> str:
    """The reference that pins an archive's image.

    Raises:
        UserMistake: the file is no archive that `write` made.
    """
    try:
        with tarfile.open(archive) as tar:
            member = tar.extractfile("index.json")
            index = json.loads(member.read()) if member else {}
        return str(index["manifests"][0]["annotations"][_NAME])
    except (OSError, tarfile.TarError, KeyError, IndexError, ValueError) as error:
        raise UserMistake(
            "This is no image archive with a name: an OCI layout whose index.json names the image is expected.",
            where=str(archive),
            remedy=f"Set the annotation {_NAME} in its index.json.",
        ) from error


def _write(image: Image, archive: Path) -> str:
    blobs: dict[str, Path | bytes] = {}
    layers = [_layer(blobs, path) for path in image.layers]
    config = _descriptor(blobs, _CONFIG, _image_config(image, [layer["digest"] for layer in layers]))
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": layers}
    described = _descriptor(blobs, _MANIFEST, manifest)
    reference = f"{image.name}@{described['digest']}"
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [described | {"annotations": {_NAME: reference}}],
    }
    with archive.open("wb") as file, _tar(file) as tar:
        _add_bytes(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add_bytes(tar, "index.json", _json(index))
        for digest, content in sorted(blobs.items()):
            _add(tar, f"blobs/{digest.replace(':', '/')}", content)
    return reference


def _image_config(image: Image, layers: list[str]) -> dict[str, Any]:
    machine = platform.machine()
    return {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": dict(image.config),
        "rootfs": {"type": "layers", "diff_ids": layers},
    }


def _layer(blobs: dict[str, Path | bytes], path: Path) -> dict[str, Any]:
    with path.open("rb") as layer:
        digest = f"sha256:{hashlib.file_digest(layer, 'sha256').hexdigest()}"
    blobs[digest] = path
    return {"mediaType": _LAYER, "digest": digest, "size": path.stat().st_size}


def _with_folders(files: Iterable[str]) -> set[str]:
    """The names and all folders above them: containerd wants a folder before what is in it."""
    names = set(files)
    for name in list(names):
        names.update(str(folder) for folder in Path(name).parents if str(folder) != ".")
    return names


def _add_entry(tar: tarfile.TarFile, name: str, file: File) -> None:
    info = tarfile.TarInfo(name)
    info.mode = file.mode
    if file.target:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, file.target, 0o777
    elif file.data is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(file.data)
    tar.addfile(info, io.BytesIO(file.data) if file.data is not None else None)


def _descriptor(blobs: dict[str, Path | bytes], media_type: str, content: object) -> dict[str, Any]:
    data = _json(content)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    blobs[digest] = data
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _add(tar: tarfile.TarFile, name: str, content: Path | bytes) -> None:
    if isinstance(content, bytes):
        return _add_bytes(tar, name, content)
    info = tarfile.TarInfo(name)
    info.size = content.stat().st_size
    with content.open("rb") as file:
        return tar.addfile(info, file)


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def _tar(file: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)


def _json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
