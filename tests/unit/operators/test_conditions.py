"""Conditions over time."""

from __future__ import annotations

from datetime import UTC, datetime

from wegennet.operators.conditions import Finding, conditions

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 13, tzinfo=UTC)
READY = Finding("Ready", holds=True, reason="Provisioned", message="")


def test_the_same_finding_again_gives_the_same_condition() -> None:
    before = conditions([READY], [], 1, NOON)
    assert conditions([READY], before, 1, LATER) == before


def test_a_new_reason_keeps_the_time_of_the_last_transition() -> None:
    before = conditions([READY], [], 1, NOON)
    after = conditions([Finding("Ready", holds=True, reason="Suspended", message="")], before, 2, LATER)[0]
    assert (after["reason"], after["lastTransitionTime"]) == ("Suspended", "2026-11-24T12:00:00Z")


def test_a_new_status_has_a_new_time() -> None:
    before = conditions([READY], [], 1, NOON)
    after = conditions([Finding("Ready", holds=False, reason="Conflict", message="")], before, 1, LATER)[0]
    assert (after["status"], after["lastTransitionTime"]) == ("False", "2026-11-24T13:00:00Z")


def test_a_finding_that_is_gone_leaves_no_condition() -> None:
    before = conditions([READY, Finding("Conflict", holds=True, reason="ForeignObject", message="")], [], 1, NOON)
    assert [one["type"] for one in conditions([READY], before, 1, LATER)] == ["Ready"]


def test_a_message_is_cut_to_what_the_crd_takes() -> None:
    finding = Finding("Ready", holds=False, reason="ApplyFailed", message="x" * 10_000)
    assert len(conditions([finding], [], 1, NOON)[0]["message"]) == 4096
