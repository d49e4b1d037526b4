from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import PlatformFailure
from wegennet.toolchain import gomod
from wegennet.toolchain.tools import KUBERNETES, KUBERNETES_PROVIDER, MODULES, TOOLS, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_each_tool_is_pinned_by_a_committed_module(tool: Tool) -> None:
    assert (tool.module.path / "go.mod").is_file()
    assert tool.version == "devel" or tool.version.startswith("v")


@pytest.mark.parametrize("tool", [tool for tool in TOOLS.values() if tool.package != "."], ids=lambda tool: tool.name)
def test_the_package_of_each_tool_is_a_tool_line_of_its_module(tool: Tool) -> None:
    assert tool.package in (tool.module.path / "go.mod").read_text()


def test_every_module_folder_belongs_to_a_tool() -> None:
    assert {path.parent.name for path in MODULES.glob("*/go.mod")} == {tool.module.folder for tool in TOOLS.values()}


def test_the_provider_is_of_the_release_of_the_python_package() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    number = KUBERNETES_PROVIDER.version.removeprefix("v")
    assert f"pulumi-kubernetes=={number}" in project["project"]["optional-dependencies"]["platform"]


def test_kubernetes_is_stamped_with_the_version_that_go_mod_requires() -> None:
    required = gomod.required_version(KUBERNETES.path / "go.mod", "k8s.io/kubernetes")
    minor = required.split(".")[1]
    assert f"-X k8s.io/component-base/version.gitVersion={required}" in KUBERNETES.linker_flags
    assert f"-X k8s.io/component-base/version.gitMinor={minor}" in KUBERNETES.linker_flags


def test_a_requirement_that_is_not_there_is_named(tmp_path: Path) -> None:
    go_mod = tmp_path / "go.mod"
    go_mod.write_text("module example.org/m\n\ngo 1.26.0\n\nrequire example.org/other v1.2.3\n")
    with pytest.raises(PlatformFailure, match=r"does not require example\.org/tool"):
        gomod.required_version(go_mod, "example.org/tool")


@pytest.mark.parametrize(
    "requirement",
    [
        "require example.org/tool v1.2.3",
        "require (\n\texample.org/tool/v2 v2.0.0\n\texample.org/tool v1.2.3 // indirect\n)",
    ],
)
def test_a_version_is_read_from_a_line_and_from_a_block(tmp_path: Path, requirement: str) -> None:
    go_mod = tmp_path / "go.mod"
    go_mod.write_text(f"module example.org/m\n\ngo 1.26.0\n\n{requirement}\n")
    assert gomod.required_version(go_mod, "example.org/tool") == "v1.2.3"


VERSIONS: Mapping[str, tuple[int, ...]] = {
    "go1.26.8": (1, 26, 8),
    "1.26": (1, 26),
    "go1.27rc1": (1, 27),
    "go1.26.8 X:nodwarf5": (1, 26, 8),
    "devel": (),
}


@pytest.mark.parametrize("text", VERSIONS)
def test_go_versions_are_compared_as_numbers(text: str) -> None:
    assert gomod.parse_go_version(text) == VERSIONS[text]
