"""Conditions of a status: made, carried over and compared, without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


LONGEST_MESSAGE: Final = 4096
"""Characters of a message that the CRD takes (see `api.conditions`)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one aspect; becomes a condition."""

    type: str
    holds: bool
    reason: str
    message: str


def conditions(
    findings: Iterable[Finding], before: Iterable[Mapping[str, Any]], generation: int, now: datetime
) -> list[dict[str, Any]]:
    """The findings as conditions.

    The time of the last transition is that of the condition before while its status is the same (Kubernetes API
    conventions, "Typical status properties"): an unchanged world gives an unchanged status.
    """
    earlier = {condition["type"]: condition for condition in before}
    return [_condition(finding, earlier.get(finding.type), generation, now) for finding in findings]


def _condition(finding: Finding, before: Mapping[str, Any] | None, generation: int, now: datetime) -> dict[str, Any]:
    status = "True" if finding.holds else "False"
    unchanged = before is not None and before["status"] == status
    return {
        "type": finding.type,
        "status": status,
        "reason": finding.reason,
        "message": finding.message[:LONGEST_MESSAGE],
        "observedGeneration": generation,
        "lastTransitionTime": before["lastTransitionTime"]
        if before is not None and unchanged
        else now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
