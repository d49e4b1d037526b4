from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wegennet.toolchain.locking import exclusive

if TYPE_CHECKING:
    from pathlib import Path


def test_a_free_lock_is_taken_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    with exclusive(tmp_path / "lock", when_busy=lambda: said.append("busy")):
        assert said == []


def test_the_second_says_that_it_waits_and_goes_on_when_the_first_is_done(tmp_path: Path) -> None:
    waiting, entered = threading.Event(), threading.Event()

    def second() -> None:
        with exclusive(tmp_path / "lock", when_busy=waiting.set):
            entered.set()

    with exclusive(tmp_path / "lock", when_busy=lambda: None):
        thread = threading.Thread(target=second, daemon=True)
        thread.start()
        assert waiting.wait(10)
        assert not entered.is_set()
    assert entered.wait(10)


def test_locks_of_two_modules_do_not_meet(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        exclusive(tmp_path / "one", when_busy=lambda: said.append("busy")),
        exclusive(tmp_path / "two", when_busy=lambda: said.append("busy")),
    ):
        assert said == []
