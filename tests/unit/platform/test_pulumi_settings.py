from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wegennet.platform import pulumi_settings

if TYPE_CHECKING:
    from pathlib import Path


class Tools:
    """Stands in for a toolchain."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def bin_folder(self) -> Path:
        return self._folder


def test_the_passphrase_is_made_once(tmp_path: Path) -> None:
    first = pulumi_settings.passphrase_file(tmp_path).read_text()
    assert len(first) > 30
    assert pulumi_settings.passphrase_file(tmp_path).read_text() == first


def test_the_passphrase_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    assert pulumi_settings.passphrase_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_the_passphrase_is_in_no_variable(tmp_path: Path) -> None:
    tools: Any = Tools(tmp_path / "bin")
    variables = pulumi_settings.variables(tmp_path, tools)
    assert pulumi_settings.passphrase_file(tmp_path).read_text() not in "".join(variables.values())


def test_the_tools_come_first_on_path(tmp_path: Path) -> None:
    tools: Any = Tools(tmp_path / "bin")
    assert pulumi_settings.variables(tmp_path, tools)["PATH"].startswith(f"{tmp_path / 'bin'}:")


def test_the_link_to_the_tools_follows_them(tmp_path: Path) -> None:
    for version in ("one", "two"):
        folder = tmp_path / version
        folder.mkdir()
        tools: Any = Tools(folder)
        assert (pulumi_settings.command_root(tmp_path, tools) / "bin").resolve() == folder


def test_plain_pulumi_gets_the_salt_of_this_state(tmp_path: Path) -> None:
    workspace, project = pulumi_settings.workspace(tmp_path), tmp_path / "project"
    workspace.mkdir()
    project.mkdir()
    (project / "Pulumi.embedded.yaml").write_text("encryptionsalt: of-another-passphrase\n")
    (workspace / "Pulumi.embedded.yaml").write_text("encryptionsalt: ours\n")
    pulumi_settings.adopt_salt(tmp_path, "embedded", project)
    assert (project / "Pulumi.embedded.yaml").read_text() == "encryptionsalt: ours\n"


def test_a_salt_of_a_state_that_is_gone_is_removed(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.embedded.yaml").write_text("encryptionsalt: of-another-passphrase\n")
    pulumi_settings.adopt_salt(tmp_path / "state", "embedded", tmp_path)
    assert not (tmp_path / "Pulumi.embedded.yaml").exists()
