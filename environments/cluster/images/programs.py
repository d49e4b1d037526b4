"""Images of one static program of the toolchain: the sandbox (`pause`) and CoreDNS."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from wegennet.environments.cluster.images.oci import File, Image, write, write_layer
from wegennet.toolchain import cache

_NOBODY = "65532:65532"


def archive(name: str, program: Path) -> Path:
    """The archive of an image that holds a program and nothing else; made once for each content of the program."""
    target = cache.root() / "images" / f"{name}-{_stamp(program)}.tar"
    if not target.exists():
        with tempfile.TemporaryDirectory(prefix="wegennet-image-") as folder:  # another run may make the same one
            layer = Path(folder) / "layer"
            write_layer({name: File(0o755, program.read_bytes())}, layer)
            write(Image(f"wegennet.local/{name}", (layer,), {"User": _NOBODY, "Entrypoint": [f"/{name}"]}), target)
    return target


def _stamp(program: Path) -> str:
    """Tells one build of a program from another without reading it: binaries in the cache never change in place."""
    status = program.stat()
    return hashlib.sha256(f"{program}:{status.st_size}:{status.st_mtime_ns}".encode()).hexdigest()[:16]
