from __future__ import annotations

from wegennet.console.errors import ExitCode
from wegennet.platform.faults import failure

INVALID = (
    'resource "urn:pulumi:embedded::wegennet::x::gm0513" was not successfully created by the Kubernetes API server: '
    'Municipality "gm0513" is invalid: spec.oin: the first 8 digits of this OIN are no known prefix'
)


def test_what_the_api_server_refuses_is_the_persons_turn() -> None:
    error = failure([("gm0513", INVALID), ("", "update failed")], "")
    assert error.exit_code == ExitCode.USER
    assert "\n  gm0513: Municipality" in str(error)


def test_a_silent_api_server_is_the_platforms_turn() -> None:
    assert failure([("gm0513", "dial tcp: connection refused")], "").exit_code == ExitCode.PLATFORM


def test_one_fault_of_the_platform_among_refusals_is_the_platforms_turn() -> None:
    error = failure([("gm0513", INVALID), ("gm0599", "dial tcp: connection refused")], "")
    assert error.exit_code == ExitCode.PLATFORM


def test_a_program_that_failed_shows_no_traceback() -> None:
    error = failure([("", "unknown resource type\nTraceback (most recent call last):\n  File …")], "")
    assert str(error).count("\n") == 2
    assert "Traceback" not in str(error)


def test_many_faults_are_cut_short() -> None:
    assert "… and 332 more" in str(failure([(f"gm{number:04}", "no") for number in range(342)], ""))


def test_a_stopped_run_is_said_to_be_stopped() -> None:
    assert "the run was stopped" in str(failure([("gm0513", 'Patch "https://…": context canceled')], ""))


def test_a_failure_without_a_complaint_shows_what_pulumi_printed() -> None:
    assert "no space left" in str(failure([], "error: no space left on device"))
