from __future__ import annotations

from datetime import timedelta

import pytest

from wegennet.fsc.service.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("5s", timedelta(seconds=5)),
        ("300ms", timedelta(milliseconds=300)),
        ("1.5h", timedelta(minutes=90)),
        ("8784h", timedelta(days=366)),
        ("2us", timedelta(microseconds=2)),
        ("0", timedelta(0)),
    ],
)
def test_a_duration_is_read_as_go_does(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "5", "-5s", "s", "5 s", "1d", "5s ", "1h-5m", "∞s", "\u0665s"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as 1h30m, 5s or 300ms"):
        parse_duration(text)


def test_a_duration_beyond_all_time_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        parse_duration("9" * 30 + "h")
