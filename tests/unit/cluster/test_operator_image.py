"""When Debian's archive is asked for the operator's image, and what happens when it has nothing to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import PlatformFailure
from wegennet.console.progress import Reporter, Stage
from wegennet.environments.cluster import packages
from wegennet.environments.cluster.images import debian, operator

if TYPE_CHECKING:
    from pathlib import Path


class Apt:
    """The machine's apt: the versions in its lists, those that the archive has, and whether it can be reached."""

    def __init__(self) -> None:
        self.listed = self.available = "1"
        self.reachable = True
        self.asked: list[str] = []

    def candidates(self, names: list[str]) -> dict[str, str]:
        return dict.fromkeys(names, self.listed) if self.listed else {}

    def update(self, _: Stage) -> None:
        self.asked.append("update")
        if not self.reachable:
            raise PlatformFailure("apt-get update failed")
        self.listed = self.available

    def build(self, _root: Path, versions: dict[str, str], target: Path, _stage: Stage) -> None:
        self.asked.append("download")
        if not self.reachable or set(versions.values()) != {self.available}:
            raise debian.PackageUnavailable("apt-get could not fetch the packages")
        target.write_text(self.available)


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apt:
    apt = Apt()
    monkeypatch.setattr(packages, "candidates", apt.candidates)
    monkeypatch.setattr(packages, "update", apt.update)
    monkeypatch.setattr(operator, "_build", apt.build)
    monkeypatch.setattr(operator, "_folder", lambda: tmp_path)
    return apt


def archive() -> Path:
    with Reporter(quiet=True) as reporter:
        return operator.archive(reporter)


def test_second_time_nothing_is_asked_of_the_archive(apt: Apt) -> None:
    first = archive()
    assert archive() == first
    assert apt.asked == ["download"]


@pytest.mark.parametrize("listed", ["", "0"])
def test_old_or_missing_lists_are_fetched_once(apt: Apt, listed: str) -> None:
    apt.listed = listed
    assert archive().read_text() == "1"
    assert apt.asked.count("update") == 1


@pytest.mark.parametrize("listed", ["", "2"])
def test_last_image_of_the_same_sources_serves_without_a_network(apt: Apt, listed: str) -> None:
    made = archive()
    apt.listed, apt.reachable = listed, False
    assert archive() == made


def test_without_network_and_image_it_is_said_what_is_missing(apt: Apt) -> None:
    apt.reachable = False
    with pytest.raises(PlatformFailure, match="could not fetch"):
        archive()
