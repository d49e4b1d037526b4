from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from wegennet.console.errors import UserMistake
from wegennet.platform.cli import show
from wegennet.platform.overview import Filter, as_object, duration, table
from wegennet.platform.tenants import tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    Live = Callable[..., dict[str, Any]]


def chosen(**given: Any) -> Filter:
    return Filter.of(**({"name": None, "codes": (), "condition": None, "not_ready": False} | given))


def shown(live: list[dict[str, Any]], by: Filter) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table([tenant(item) for item in live], by))
    return captured.get()


def test_a_name_is_found_by_a_part_of_it(live: Live) -> None:
    assert chosen(name="OUD").admits(tenant(live()))
    assert not chosen(name="utrecht").admits(tenant(live()))


def test_a_code_is_found_however_it_is_written(live: Live) -> None:
    assert chosen(codes=["GM0513"]).admits(tenant(live()))
    assert chosen(codes=["gm0513", "gm0599"]).admits(tenant(live()))
    assert not chosen(codes=["GM0599"]).admits(tenant(live()))


def test_a_condition_is_found_by_its_status(live: Live) -> None:
    assert chosen(condition="Ready").admits(tenant(live()))
    assert chosen(condition="Ready=False").admits(tenant(live(ready="False")))
    assert not chosen(condition="Conflict").admits(tenant(live()))


@pytest.mark.parametrize("text", ["Ready=Maybe", "=True", ""])
def test_a_condition_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(UserMistake, match="TYPE=STATUS"):
        chosen(condition=text)


def test_readiness_of_an_older_spec_does_not_count(live: Live) -> None:
    assert chosen(not_ready=True).admits(tenant(live(observed=0)))


def test_the_table_counts_all_and_shows_those_asked_for(live: Live) -> None:
    text = shown([live(513), live(599, ready="False", reason="ApplyFailed", name="Rotterdam")], chosen(not_ready=True))
    assert "1 of 2 municipalities ready; 1 shown" in text
    assert "it is ApplyFailed" in text
    assert "Gouda" not in text


def test_json_is_one_line_with_what_a_program_needs(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    show.line_of_json([as_object(tenant(live()))])
    (line,) = capsys.readouterr().out.splitlines()
    (found,) = json.loads(line)
    assert (found["code"], found["name"], found["namespace"], found["ready"]) == ("GM0513", "Gouda", "gm0513", True)
    assert found["conditions"][0]["type"] == "Ready"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m"), (7199, "1h"), (86400, "1d"), (900000, "10d")]
)
def test_a_length_of_time_is_written_in_its_largest_unit(seconds: int, text: str) -> None:
    assert duration(seconds) == text
