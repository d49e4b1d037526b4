from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import pytest

from wegennet.console.errors import UserMistake
from wegennet.toolchain import cache, tools


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


def test_a_settled_folder_is_whole_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    (made / "go").mkdir(parents=True)
    (made / "go" / "program").write_text("go")
    (made / "link").symlink_to("nowhere")
    on_disk: list[Path] = []
    monkeypatch.setattr("os.fsync", lambda descriptor: on_disk.append(Path(f"/proc/self/fd/{descriptor}").readlink()))
    cache.settle(made, tmp_path / "kept")
    assert sorted(on_disk[:-1]) == [made, made / "go", made / "go" / "program"]
    assert on_disk[-1] == tmp_path
    assert (tmp_path / "kept" / "link").is_symlink()


def test_of_two_runs_that_settle_the_same_folder_both_go_on(tmp_path: Path) -> None:
    for made in (tmp_path / "first", tmp_path / "second"):
        made.mkdir()
        (made / "file").write_text(made.name)
        cache.settle(made, tmp_path / "kept")
    assert (tmp_path / "kept" / "file").read_text() == "first"


def test_a_user_without_a_home_is_told_which_variable_names_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("WEGENNET_CACHE", raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    with pytest.raises(UserMistake, match="no home folder") as mistake:
        cache.root()
    assert "WEGENNET_CACHE" in mistake.value.remedy


def test_a_full_disk_is_a_sentence_without_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserMistake, match="No space left on device"), cache.in_use():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_error_outside_the_cache_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), cache.in_use():
        (tmp_path / "nowhere").read_text()
