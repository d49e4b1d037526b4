from __future__ import annotations

import sys

import pytest
from rich.console import Console

from wegennet.console.errors import ExitCode, UserMistake, WegennetError
from wegennet.platform.cli import show
from wegennet.platform.cli.destroy import confirmed
from wegennet.platform.cli.doctor import verdict
from wegennet.platform.components.municipalities import TYPE
from wegennet.platform.delivery.runs import Outcome
from wegennet.platform.diagnosis.cluster import _covers
from wegennet.platform.diagnosis.finding import Finding, Turn, look, well
from wegennet.platform.steps import Step, tally

STEPS = [
    *(Step("create", TYPE, f"gm{number:04}") for number in range(342)),
    Step("update", "kubernetes:apps/v1:Deployment", "wegennet-operator", ("spec.replicas",)),
    Step("same", "kubernetes:core/v1:Namespace", "wegennet-system"),
]


def planned(*, every: bool) -> list[str]:
    console = Console(width=40)
    with console.capture() as captured:
        show.plan(console, Outcome(tally(STEPS), STEPS), every=every)
    return captured.get().splitlines()


def test_a_plan_is_short_however_many_tenants_there_are() -> None:
    assert planned(every=False) == [
        "+ create 342 Municipality (gm0000, gm0001, gm0002, …)",
        "~ update Deployment wegennet-operator: spec.replicas",
        "342 to create, 1 to update; 1 the same.",
    ]


def test_a_verbose_plan_names_every_resource() -> None:
    assert len(planned(every=True)) == 342 + 1 + 1


def test_destroy_goes_on_with_the_name_of_the_environment() -> None:
    confirmed("embedded", 342, "embedded")


def test_destroy_stops_at_another_name() -> None:
    with pytest.raises(UserMistake, match="342 municipalities, and 'production' is not its name"):
        confirmed("embedded", 342, "production")


def test_destroy_stops_when_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(UserMistake, match="name was not given"):
        confirmed("embedded", 342, None)


def finding(turn: Turn) -> Finding:
    return Finding(turn.name, turn, "seen")


def test_a_doctor_who_finds_nothing_is_content() -> None:
    verdict([well("memory", "24 GiB")])


@pytest.mark.parametrize(
    ("turns", "code"),
    [([Turn.PLATFORM], ExitCode.PLATFORM), ([Turn.PLATFORM, Turn.USER], ExitCode.USER), ([Turn.USER], ExitCode.USER)],
)
def test_the_doctor_says_whose_turn_it_is(turns: list[Turn], code: ExitCode) -> None:
    with pytest.raises(WegennetError) as caught:
        verdict([finding(turn) for turn in turns])
    assert caught.value.exit_code == code


def test_an_error_within_a_check_is_a_finding() -> None:
    def check() -> Finding:
        raise UserMistake("no", where="there", remedy="mend")

    assert look("root", check) == Finding("root", Turn.USER, "there: no", "mend")


def test_a_live_object_may_have_more_than_is_declared() -> None:
    assert _covers({"a": [{"b": 1, "default": 2}], "c": 3}, {"a": [{"b": 1}]})
    assert not _covers({"a": [{"b": 1}]}, {"a": [{"b": 2}]})
    assert not _covers({"a": [1, 2]}, {"a": [1]})
