from __future__ import annotations

from typing import TYPE_CHECKING

from wegennet.toolchain import Toolchain, cache, ensure
from wegennet.toolchain.cleaning import remove_outdated
from wegennet.toolchain.tools import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Machine

    from wegennet.console.progress import Reporter


def outdated_tool(machine: Machine) -> Path:
    tool = machine.cache / "tools" / "pause-0123456789abcdef" / "pause"
    tool.parent.mkdir(parents=True)
    tool.touch()
    return tool


def test_tools_of_other_content_are_removed_and_those_of_now_stay(go: Machine, reporter: Reporter) -> None:
    ensure(["pause"], reporter)
    outdated = outdated_tool(go)
    assert remove_outdated() == [outdated.parent]
    assert cache.binary(TOOLS["pause"]).exists()


def test_a_go_that_is_no_longer_pinned_is_removed(machine: Machine) -> None:
    outdated = machine.cache / "go" / "0123456789abcdef"
    outdated.mkdir(parents=True)
    assert remove_outdated() == [outdated]


def test_links_to_removed_tools_are_removed(machine: Machine) -> None:
    outdated = outdated_tool(machine)
    links = Toolchain({"pause": outdated}).bin_folder()
    assert remove_outdated() == [outdated.parent, links]


def test_what_another_run_is_just_making_stays(machine: Machine) -> None:
    making = machine.cache / "go" / "tmpabc123"
    making.mkdir(parents=True)
    assert remove_outdated() == []
    assert making.exists()


def test_an_empty_cache_has_nothing_to_remove(machine: Machine) -> None:
    assert remove_outdated() == []
