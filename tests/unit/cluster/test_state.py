from __future__ import annotations

import stat
from pathlib import Path

import pytest

from wegennet.environments.cluster.state import LINKS, Link, State, default_state, write_private


def test_default_state_is_the_named_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEGENNET_STATE", "/srv/wegennet")
    assert default_state() == Path("/srv/wegennet")


def test_default_state_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEGENNET_STATE", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_state() == Path("/home/somebody/.local/state/wegennet")


def test_names_differ_between_state_folders(tmp_path: Path) -> None:
    one, other = State.at(tmp_path / "one"), State.at(tmp_path / "other")
    assert one.link_name != other.link_name
    assert one.cgroup != other.cgroup


def test_one_folder_by_two_paths_is_one_cluster(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "one")
    (tmp_path / "one").mkdir()
    assert State.at(tmp_path / "link").identity == State.at(tmp_path / "one").identity


def test_link_name_fits_the_kernel(tmp_path: Path) -> None:
    assert len(State.at(tmp_path).link_name) <= 15


@pytest.mark.parametrize("number", [0, 1, 4095, 16383])
def test_host_and_node_share_a_network_of_their_own(number: int) -> None:
    link = Link(number)
    assert link.network.subnet_of(LINKS)
    assert [str(address) for address in link.network.hosts()] == [link.node, link.host]


def test_link_is_remembered(tmp_path: Path) -> None:
    state = State.at(tmp_path)
    state.remember(Link(7))
    assert state.link() == Link(7)


def test_damaged_memory_of_the_link_is_none(tmp_path: Path) -> None:
    (tmp_path / "link.json").write_text("{")
    assert State.at(tmp_path).link() is None


@pytest.mark.parametrize("first", [True, False])
def test_what_the_first_start_says_of_the_disk_holds_for_good(tmp_path: Path, *, first: bool) -> None:
    state = State.at(tmp_path)
    assert state.fsync(wished=first) == first
    assert state.fsync(wished=not first) == first


def test_written_file_is_its_owners_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "secret", "word")
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_same_content_is_not_written_again(tmp_path: Path) -> None:
    write_private(tmp_path / "file", "word")
    assert not write_private(tmp_path / "file", "word")
    assert write_private(tmp_path / "file", "other")
