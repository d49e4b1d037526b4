from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from wegennet.toolchain import cache, tools

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tools.GoModule:
    """A module with a program of its own, in a folder that the test may change."""
    monkeypatch.setattr(tools, "MODULES", tmp_path / "modules")
    folder = tmp_path / "modules" / "example"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module example.org/m\n\ngo 1.26.0\n")
    (folder / "go.sum").write_text("")
    (folder / "main.go").write_text("package main\n")
    return tools.GoModule("example", "")


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go", "another.go"])
def test_a_change_of_a_source_gives_another_key(module: tools.GoModule, name: str) -> None:
    before = cache.key(module)
    with (module.path / name).open("a") as file:
        file.write("// changed\n")
    assert cache.key(module) != before


def test_a_file_that_go_does_not_read_leaves_the_key(module: tools.GoModule) -> None:
    before = cache.key(module)
    (module.path / "README.md").write_text("changed")
    assert cache.key(module) == before


def test_another_stamp_gives_another_key(module: tools.GoModule) -> None:
    stamped = dataclasses.replace(module, stamps=("example.org/m.Version={version}",))
    assert cache.key(stamped) != cache.key(module)


def test_another_processor_gives_another_key(module: tools.GoModule, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache.key(module)
    monkeypatch.setattr(cache, "architecture", lambda: "arm64")
    assert cache.key(module) != before


def test_the_same_content_elsewhere_has_the_same_key(
    module: tools.GoModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cache.key(module)
    monkeypatch.setattr(tools, "MODULES", (tmp_path / "modules").rename(tmp_path / "moved"))
    assert cache.key(module) == before


def test_a_published_binary_replaces_an_older_one_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "tool"
    for content in ("old", "new"):
        built = tmp_path / "built"
        built.write_text(content)
        cache.publish(built, target)
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]
