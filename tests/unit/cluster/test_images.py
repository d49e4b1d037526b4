from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import UserMistake
from wegennet.environments.cluster.images import bytecode, containerfile, context, debian
from wegennet.environments.cluster.images.oci import File, Image, reference_of, write, write_layer

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "app/main.py": File(0o644, b"print('hello')\n"),
    "app/run": File(0o755, b"#!/bin/sh\n"),
    "bin": File(0o777, target="usr/bin"),
}


def made(folder: Path, files: dict[str, File]) -> Path:
    folder.mkdir()
    write_layer(files, folder / "layer")
    write(Image("wegennet.local/test", (folder / "layer",), {"User": "65532"}), folder / "image.tar")
    return folder / "image.tar"


def content(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file is not None
    return file.read()


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one = made(tmp_path / "one", FILES)
    other = made(tmp_path / "other", dict(reversed(FILES.items())))
    assert one.read_bytes() == other.read_bytes()


def test_other_input_gives_another_digest(tmp_path: Path) -> None:
    one = made(tmp_path / "one", FILES)
    other = made(tmp_path / "other", FILES | {"app/main.py": File(0o644, b"print('bye')\n")})
    assert reference_of(one) != reference_of(other)


def test_reference_pins_the_manifest(tmp_path: Path) -> None:
    archive = made(tmp_path / "one", FILES)
    digest = reference_of(archive).partition("@sha256:")[2]
    with tarfile.open(archive) as tar:
        assert hashlib.sha256(content(tar, f"blobs/sha256/{digest}")).hexdigest() == digest


def test_every_blob_has_the_digest_of_its_name(tmp_path: Path) -> None:
    with tarfile.open(made(tmp_path / "one", FILES)) as tar:
        blobs = {name.rpartition("/")[2]: content(tar, name) for name in tar.getnames() if name.startswith("blobs/")}
    assert len(blobs) == 3
    assert {digest: hashlib.sha256(blob).hexdigest() for digest, blob in blobs.items()} == {
        name: name for name in blobs
    }


def test_layer_belongs_to_root_and_has_no_date(tmp_path: Path) -> None:
    write_layer(FILES, tmp_path / "layer")
    with tarfile.open(tmp_path / "layer") as tar:
        assert {(item.uid, item.gid, item.mtime) for item in tar} == {(0, 0, 0)}


def test_layer_has_each_folder_before_what_is_in_it(tmp_path: Path) -> None:
    write_layer({"a/b/c": File(0o644, b"")}, tmp_path / "layer")
    with tarfile.open(tmp_path / "layer") as tar:
        assert tar.getnames() == ["a", "a/b", "a/b/c"]


def test_archive_without_a_name_is_refused(tmp_path: Path) -> None:
    index = json.dumps({"manifests": [{}]}).encode()
    with tarfile.open(tmp_path / "image.tar", "w") as tar:
        info = tarfile.TarInfo("index.json")
        info.size = len(index)
        tar.addfile(info, io.BytesIO(index))
    with pytest.raises(UserMistake, match="no image archive with a name"):
        reference_of(tmp_path / "image.tar")


def test_compiled_modules_are_the_same_each_time() -> None:
    source = {
        "app/main.py": File(0o644, b"VALUES = {'a': (1, 2.5, 'x')}\n\ndef call(one, two=VALUES):\n    return one\n")
    }
    assert bytecode.compiled(source) == bytecode.compiled(source)
    assert list(bytecode.compiled(source)) == ["app/__pycache__/main.cpython-311.pyc"]


def test_containerfile_of_the_operator_is_understood() -> None:
    recipe = containerfile.read(context.project_root() / "operators" / "Containerfile")
    assert recipe.copies == [("dependencies", "app"), ("application", "app")]
    assert recipe.config["User"] == "65532:65532"
    assert recipe.config["Entrypoint"] == ["python3", "-m", "wegennet.operators"]
    assert "PYTHONPATH=/app" in recipe.config["Env"]


@pytest.mark.parametrize("line", ["RUN apt-get update", "COPY one two", "ENV NAME value", "ENTRYPOINT run me"])
def test_containerfile_that_does_more_than_copy_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "Containerfile"
    path.write_text(f"FROM base\n{line}\n")
    with pytest.raises(UserMistake, match="is not understood") as raised:
        containerfile.read(path)
    assert raised.value.where == f"{path}:2"


def test_base_has_a_python_that_the_images_modules_are_compiled_for() -> None:
    assert f"python{'.'.join(map(str, bytecode.PYTHON))}-minimal" in debian.package_names()
