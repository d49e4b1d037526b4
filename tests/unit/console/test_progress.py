"""Progress for people and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wegennet.console.progress import Reporter

if TYPE_CHECKING:
    from pytest import CaptureFixture  # noqa: PT013 - a type


def test_a_stage_within_another_is_shown_and_counted_once(capsys: CaptureFixture[str]) -> None:
    with Reporter() as reporter, reporter.stage("cluster"), reporter.stage("nodes", total=2) as nodes:
        nodes.advance("real")
    assert [stage.name for stage in reporter.times] == ["cluster"]
    assert "  nodes 1/2 real" in capsys.readouterr().err


def test_a_stage_that_fails_says_so_and_is_not_counted(capsys: CaptureFixture[str]) -> None:
    reporter = Reporter()
    with pytest.raises(RuntimeError), reporter, reporter.stage("platform"):
        raise RuntimeError
    assert reporter.times == []
    assert "platform: failed after" in capsys.readouterr().err


def test_hundreds_of_steps_do_not_drown_a_log(capsys: CaptureFixture[str]) -> None:
    with Reporter() as reporter, reporter.stage("tenants", total=342) as stage:
        for number in range(342):
            stage.advance(str(number))
    assert len(capsys.readouterr().err.splitlines()) < 10


def test_nothing_goes_to_standard_output(capsys: CaptureFixture[str]) -> None:
    with Reporter() as reporter, reporter.stage("platform"):
        reporter.line("something")
    assert capsys.readouterr().out == ""
