from __future__ import annotations

import pytest

from wegennet.fsc.manager.backoff import pause


@pytest.mark.parametrize(("failures", "least", "most"), [(0, 1, 1.25), (3, 6, 10), (8, 192, 300), (9, 300, 300)])
def test_a_pause_doubles_from_a_second_to_five_minutes(failures: int, least: float, most: float) -> None:
    assert all(least <= pause(failures) <= most for _ in range(200))


def test_a_pause_stays_five_minutes_for_ever() -> None:
    assert pause(10_000) == 300


def test_those_who_failed_together_do_not_come_back_together() -> None:
    assert len({pause(5) for _ in range(20)}) > 1
