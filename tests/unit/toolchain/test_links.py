from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from wegennet.toolchain import Toolchain, ensure, on_path
from wegennet.toolchain.tools import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from conftest import Machine

    from wegennet.console.progress import Reporter


def test_the_folder_has_each_tool_under_its_name(go: Machine, reporter: Reporter) -> None:
    toolchain = ensure(["etcd", "kubectl"], reporter)
    folder = toolchain.bin_folder()
    assert {name: (folder / name).resolve() for name in toolchain.paths} == toolchain.paths


def test_the_same_tools_have_the_same_folder(machine: Machine, tmp_path: Path) -> None:
    toolchain = Toolchain({"etcd": tmp_path / "etcd"})
    assert toolchain.bin_folder() == toolchain.bin_folder()


def test_other_tools_have_another_folder(machine: Machine, tmp_path: Path) -> None:
    one, other = Toolchain({"etcd": tmp_path / "etcd"}), Toolchain({"etcd": tmp_path / "other"})
    assert one.bin_folder() != other.bin_folder()


def test_our_language_plugin_is_there_where_the_official_one_is_missing(machine: Machine) -> None:
    plugin = Toolchain({}).bin_folder() / "pulumi-language-python"
    assert os.access(plugin, os.X_OK)


def test_an_official_language_plugin_is_left_to_itself(machine: Machine) -> None:
    machine.program("pulumi-language-python", "")
    assert not (Toolchain({}).bin_folder() / "pulumi-language-python").exists()


def test_our_own_plugin_on_path_is_not_taken_for_the_official_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Toolchain({}).bin_folder()
    monkeypatch.setenv("PATH", str(folder))
    assert Toolchain({}).bin_folder() == folder


def test_a_tool_that_was_found_on_path_is_not_found_again_through_our_link(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = machine.program("helm", f"echo {TOOLS['helm'].version}")
    folder = Toolchain({"helm": helm}).bin_folder()
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), str(machine.bin)]))
    assert on_path.find(TOOLS["helm"]) == helm


def test_the_plugin_starts_in_the_projects_environment_from_any_folder(machine: Machine, tmp_path: Path) -> None:
    plugin = Toolchain({}).bin_folder() / "pulumi-language-python"
    script = plugin.read_text().replace("-m wegennet.toolchain.pulumi_language_python", '-c "import pulumi, platform"')
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "__init__.py").write_text("raise SystemExit('shadowed')")
    subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, check=True)
