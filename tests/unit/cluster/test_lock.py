from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pytest
from support.waiting import eventually

from wegennet.console.errors import UserMistake
from wegennet.console.progress import Reporter
from wegennet.environments.cluster import Cluster, lock

if TYPE_CHECKING:
    from pathlib import Path


class Second(threading.Thread):
    """Another command that wants the lock."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.waits = threading.Event()
        self.held: bool | None = None

    def run(self) -> None:
        with lock.held(self.path, self.waits.set) as self.held:
            pass


def test_second_command_waits_and_says_so(tmp_path: Path) -> None:
    second = Second(tmp_path / "lock")
    with lock.held(tmp_path / "lock", pytest.fail):
        second.start()
        assert second.waits.wait(10)
        assert second.held is None
    eventually(lambda: second.held)


@pytest.mark.parametrize("made_anew", [True, False])
def test_lock_whose_folder_was_removed_meanwhile_holds_nothing(tmp_path: Path, *, made_anew: bool) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    second = Second(folder / "lock")
    with lock.held(folder / "lock", pytest.fail):
        second.start()
        assert second.waits.wait(10)
        shutil.rmtree(folder)
        if made_anew:
            folder.mkdir()
    second.join(10)
    assert second.held == made_anew
    assert (folder / "lock").exists() == made_anew


def test_state_folder_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    with Reporter(quiet=True) as reporter, Cluster(tmp_path / "state")._locked_anew(reporter):
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_folder_that_all_users_share_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with (
        Reporter(quiet=True) as reporter,
        pytest.raises(UserMistake, match="all users share"),
        Cluster(tmp_path)._locked_anew(reporter),
    ):
        pass
