from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pulumi.automation.events import EngineEvent

from wegennet.console.progress import Reporter
from wegennet.platform.components.municipalities import TYPE
from wegennet.platform.run_events import RunEvents

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOYMENT = "kubernetes:apps/v1:Deployment"


@pytest.fixture
def events() -> Iterator[RunEvents]:
    with Reporter(quiet=True) as reporter, reporter.stage("platform", total=342) as stage:
        yield RunEvents(stage)


def event(**content: Any) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 0, **content})


def step(op: str, kind: str, name: str, *, planning: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"op": op, "type": kind, "urn": f"urn:pulumi:e::wegennet::{kind}::{name}", **more},
        "planning": planning,
    }


def test_an_operation_that_ended_is_a_step_with_what_differed(events: RunEvents) -> None:
    diff = {"spec.replicas": {"diffKind": "update", "inputDiff": False}}
    events(event(resOutputsEvent=step("update", DEPLOYMENT, "operator", detailedDiff=diff)))
    (found,) = events.steps
    assert (found.op, found.kind, found.name, found.changed) == ("update", "Deployment", "operator", ("spec.replicas",))


def test_what_a_preview_plans_is_a_step_once(events: RunEvents) -> None:
    planned = step("create", TYPE, "gm0513", planning=True)
    events(event(resourcePreEvent=planned))
    events(event(resOutputsEvent=planned))
    assert [one.name for one in events.steps] == ["gm0513"]


def test_progress_counts_the_municipalities(events: RunEvents) -> None:
    events(event(resOutputsEvent=step("create", DEPLOYMENT, "operator")))
    events(event(resOutputsEvent=step("create", TYPE, "gm0513")))
    assert events._stage.done == 1


def test_the_numbers_come_from_the_end_of_the_run(events: RunEvents) -> None:
    events(event(summaryEvent={"resourceChanges": {"create": 342, "same": 3}}))
    assert events.changes == {"create": 342, "update": 0, "delete": 0, "same": 3}


@pytest.mark.parametrize(
    ("urn", "name"),
    [("urn:pulumi:e::wegennet::kubernetes:x:Y::gm0513", "gm0513"), ("urn:pulumi:e::w::pulumi:pulumi:Stack::w-e", "")],
)
def test_a_complaint_is_kept_with_the_resource_that_it_is_about(events: RunEvents, urn: str, name: str) -> None:
    events(event(diagnosticEvent={"severity": "error", "message": " it is invalid \n", "color": "", "urn": urn}))
    assert events.faults == [(name, "it is invalid")]


def test_warnings_are_no_faults(events: RunEvents) -> None:
    events(event(diagnosticEvent={"severity": "warning", "message": "using a plugin from PATH", "color": ""}))
    assert events.faults == []
