"""The base image's file system: Debian packages unpacked, without a package manager and without a shell.

`apt-get download` fetches and verifies them; nothing of theirs is run. What their installation scripts would have
made and Python needs (merged /usr, the bundle of authorities, users) is made here.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from wegennet.console.errors import PlatformFailure
from wegennet.environments.cluster.images.bytecode import compiled
from wegennet.environments.cluster.images.oci import File

if TYPE_CHECKING:
    from collections.abc import Iterator

_MERGED = ("bin", "sbin", "lib", "lib64")
_STDLIB = "usr/lib/python3.11"
_UNUSED = re.compile(
    r"usr/share/(man|locale|lintian|bug|info|doc-base|applications|pixmaps)/"
    r"|usr/share/doc/.*/(?!copyright$)[^/]+$"
    r"|usr/lib/python3\.11/(idlelib|lib2to3|ensurepip|pydoc_data|tkinter|turtledemo)/"
)
_USERS = "root:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:65532:65532:nonroot:/app:/usr/sbin/nologin\n"
_GROUPS = "root:x:0:\nnonroot:x:65532:\n"


class PackageUnavailable(PlatformFailure):
    """Apt cannot fetch a package: without a network, or with lists of versions that the archive no longer has."""


def package_names() -> list[str]:
    """The packages of the base image."""
    text = (files(__package__) / "base-packages.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def root_files(versions: dict[str, str]) -> dict[str, File]:
    """The base image's files, by path without the leading slash.

    Args:
        versions: the version of each package that is fetched.

    Raises:
        PackageUnavailable: one of them cannot be fetched.
    """
    with tempfile.TemporaryDirectory(prefix="wegennet-base-") as folder:
        _download(versions, Path(folder))
        found: dict[str, File] = {}
        for package in sorted(Path(folder).glob("*.deb")):
            found.update(_unpacked(package))
            found.update(_package_record(package))
    found.update(_made_by_installation(found))
    found.update(compiled({name: file for name, file in found.items() if name.startswith(f"{_STDLIB}/")}))
    return found


def _download(versions: dict[str, str], folder: Path) -> None:
    wanted = [f"{name}={version}" for name, version in sorted(versions.items())]
    # apt drops its rights to fetch; a folder that its user cannot write would only earn a warning, so root fetches.
    command = ["apt-get", "-o", "APT::Sandbox::User=root", "--quiet", "download", *wanted]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise PackageUnavailable(
            f"apt-get could not fetch the packages of the base image:\n{answer.stderr.strip()}",
            remedy="Mend what apt-get says (network, sources), then run the command again.",
        )


def _unpacked(package: Path) -> Iterator[tuple[str, File]]:
    archive = _output("dpkg-deb", "--fsys-tarfile", str(package))
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            name = _merged(member.name)
            if name and not member.isdir() and not _UNUSED.match(name):
                yield name, _file(tar, member)


def _file(tar: tarfile.TarFile, member: tarfile.TarInfo) -> File:
    if member.issym():
        return File(0o777, target=member.linkname)
    content = tar.extractfile(member)
    return File(member.mode & 0o755, content.read() if content else b"")


def _merged(name: str) -> str:
    """The path without a leading dot, below /usr where Debian merged the two."""
    path = PurePosixPath(name)
    return str("usr" / path) if path.parts and path.parts[0] in _MERGED else ("" if str(path) == "." else str(path))


def _package_record(package: Path) -> dict[str, File]:
    """What a scanner for vulnerabilities reads to know the package (as distroless images keep it)."""
    record = _output("dpkg-deb", "--field", str(package))
    name = package.name.split("_")[0]
    return {f"var/lib/dpkg/status.d/{name}": File(0o644, record)}


def _made_by_installation(found: dict[str, File]) -> dict[str, File]:
    authorities = [name for name in sorted(found) if re.match(r"usr/share/ca-certificates/.*\.crt$", name)]
    bundle = b"".join(found[name].data or b"" for name in authorities)
    return {
        **{name: File(0o777, target=f"usr/{name}") for name in _MERGED},
        "etc/ssl/certs/ca-certificates.crt": File(0o644, bundle),
        # Where OpenSSL, and with it Python, looks first.
        "usr/lib/ssl/cert.pem": File(0o777, target="/etc/ssl/certs/ca-certificates.crt"),
        "etc/passwd": File(0o644, _USERS.encode()),
        "etc/group": File(0o644, _GROUPS.encode()),
        "etc/nsswitch.conf": File(0o644, b"hosts: files dns\n"),
        "tmp": File(0o1777),
    }


def _output(*command: str) -> bytes:
    return subprocess.run(command, capture_output=True, check=True).stdout
