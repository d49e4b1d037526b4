"""Follows one run of Pulumi: progress while it lasts, steps and faults afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wegennet.platform.components.municipalities import TYPE
from wegennet.platform.steps import Step, counts

if TYPE_CHECKING:
    from pulumi import automation as auto

    from wegennet.console.progress import Stage

_ROOT = "pulumi:pulumi:Stack"


class RunEvents:
    """Receives the engine's events; give the instance as `on_event`.

    A stage with a total counts the municipalities, which are nearly all there is; without one it counts every resource.

    Attributes:
        steps: every operation that ended, or that a preview planned.
        changes: counts by operation, once the run has ended.
        faults: what the engine and the provider complained of, each with the resource's name or "".
    """

    def __init__(self, stage: Stage) -> None:
        self.steps: list[Step] = []
        self.changes = counts({})
        self.faults: list[tuple[str, str]] = []
        self._stage = stage

    def __call__(self, event: auto.EngineEvent) -> None:
        """Takes one event."""
        if event.resource_pre_event and event.resource_pre_event.planning:
            self._ended(event.resource_pre_event.metadata)
        elif event.res_outputs_event and not event.res_outputs_event.planning:
            self._ended(event.res_outputs_event.metadata)
        elif event.diagnostic_event and event.diagnostic_event.severity == "error":
            self._complained(event.diagnostic_event)
        elif event.summary_event:
            self.changes = counts({str(op): number for op, number in event.summary_event.resource_changes.items()})

    def _ended(self, metadata: auto.StepEventMetadata) -> None:
        step = Step(
            op=metadata.op.value,
            type=metadata.type,
            name=name_of(metadata.urn),
            changed=tuple(sorted(metadata.detailed_diff or metadata.diffs or ())),
        )
        self.steps.append(step)
        detail = f"{step.kind} {step.name}: {step.op}"
        if self._stage.total is None or step.type == TYPE:
            self._stage.advance(detail)
        else:
            self._stage.update(detail)

    def _complained(self, diagnostic: auto.DiagnosticEvent) -> None:
        urn = diagnostic.urn or ""
        self.faults.append(("" if _ROOT in urn else name_of(urn), diagnostic.message.strip()))


def name_of(urn: str) -> str:
    """The logical name in a URN (`urn:pulumi:<stack>::<project>::<types>::<name>`)."""
    return urn.rpartition("::")[2]
