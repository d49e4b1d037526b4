"""The context folder of the operator's image: its dependencies as locked, and the operator from the project's wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

from wegennet.console.errors import PlatformFailure, UserMistake
from wegennet.environments.cluster.images.bytecode import compile_folder

PLACE = "/app"
"""Where the Containerfile copies both folders to."""

_WANTED = "wegennet/operators/"
"""Of the wheel: the operator and nothing more, so that a changed page of documentation makes no new image."""


def project_root() -> Path:
    """The project's folder.

    Raises:
        UserMistake: this is an installed copy without the sources that the image is made of.
    """
    root = Path(__file__).resolve().parents[3]
    if (root / "pyproject.toml").is_file() and (root / "operators" / "Containerfile").is_file():
        return root
    raise UserMistake(
        "The images are made of the project's sources, and this is an installed copy without them.",
        where=str(root),
        remedy="Run `wegennet …` in a checkout of the project.",
    )


def make(root: Path) -> Path:
    """Makes the context folder, `build/operator`; the dependencies only when their list changed.

    Returns:
        The folder.
    """
    folder = root / "build" / "operator"
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "dependencies.txt"
    text = requirements(root)
    if not listed.exists() or listed.read_text() != text:
        listed.unlink(missing_ok=True)
        make_dependencies(root, text, folder / "dependencies")
        listed.write_text(text)
    # These hold digests of scripts that name the interpreter of this checkout: another one would give another image.
    for record in (folder / "dependencies").glob("*.dist-info/RECORD"):
        record.unlink()
    make_application(root, folder / "application")
    return folder


def requirements(root: Path) -> str:
    """The operator's dependencies with their hashes, from uv.lock."""
    options = ["--extra", "operator", "--no-dev", "--no-emit-project", "--locked", "--quiet", "--no-header"]
    return _uv(root, "export", *options)


def make_dependencies(root: Path, text: str, target: Path) -> None:
    """Installs the dependencies into a folder: wheels only, each checked against its hash."""
    _empty(target)
    listed = target.with_suffix(".wanted")
    listed.write_text(text)
    options = [
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--no-deps",
        "--python-version",
        "3.11",
        "--link-mode=copy",
    ]
    _uv(root, "pip", "install", "--quiet", *options, "--target", str(target), "--requirements", str(listed))
    listed.unlink()
    for name in ("bin", ".lock"):
        _remove(target / name)
    compile_folder(target, PLACE)


def make_application(root: Path, target: Path) -> None:
    """Unpacks the operator from the project's wheel into a folder."""
    _empty(target)
    wheels = target.with_suffix(".wheel")
    _empty(wheels)
    for leftover in ("lib", f"bdist.linux-{os.uname().machine}"):  # setuptools would pack files that are long gone
        _remove(root / "build" / leftover)
    _uv(root, "build", "--wheel", "--quiet", "--out-dir", str(wheels))
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        wheel.extractall(target, [name for name in wheel.namelist() if name.startswith(_WANTED)])
    shutil.rmtree(wheels)
    compile_folder(target, PLACE)


def _uv(root: Path, *arguments: str) -> str:
    """Runs uv with what it has in its cache, and with the network only when that is not enough."""
    program = os.environ.get("UV") or shutil.which("uv") or shutil.which("uv", path=str(root / ".tools" / "bin"))
    if program is None:
        raise UserMistake("uv is missing.", remedy="Install it: pip install uv")
    for network in (["--offline"], []):
        answer = subprocess.run([program, *arguments, *network], cwd=root, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            return answer.stdout
    raise PlatformFailure(f"`uv {arguments[0]}` failed:\n{answer.stderr.strip()}", where=str(root))


def _empty(folder: Path) -> None:
    _remove(folder)
    folder.mkdir(parents=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
