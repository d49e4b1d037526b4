"""What a Municipality's status says: findings from the outcome of a reconcile, in words for the person who can act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.operators.api.group import ANNOTATION_CONFIRM_DELETION
from wegennet.operators.api.municipality import Lifecycle
from wegennet.operators.conditions import Finding
from wegennet.operators.tenants import LEFT, Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wegennet.operators.inventory import Outcome

_READY: Final[Mapping[Lifecycle, tuple[str, str]]] = {
    Lifecycle.PREPARING: ("Prepared", "namespace and access stand; nothing runs until the lifecycle is Active"),
    Lifecycle.ACTIVE: ("Provisioned", "namespace, isolation and access stand"),
    Lifecycle.SUSPENDED: ("Suspended", "no pods may start and no traffic flows until the lifecycle is Active again"),
}

PARTS: Final = ("NamespaceReady", "IsolationReady", "AccessReady")


def provisioned(tenant: Tenant, parts: Mapping[str, Outcome]) -> list[Finding]:
    """Findings after provisioning, from the outcome of each part; a part that was not reached is False."""
    findings = [_part(name, parts.get(name)) for name in PARTS]
    conflicts = [text for outcome in parts.values() for text in outcome.conflicts]
    failures = [text for outcome in parts.values() for text in outcome.failures]
    if conflicts:
        findings.append(_conflict(conflicts))
    return [_summary(tenant, conflicts, failures, findings), *findings]


def oin_taken(tenant: Tenant, holder: Tenant) -> list[Finding]:
    """Findings for a municipality whose OIN another one already has; nothing is provisioned for it."""
    message = (
        f"OIN {tenant.spec.oin} belongs to {holder.name} ({holder.spec.name}); give this municipality its own OIN. "
        "Nothing is provisioned until then"
    )
    return [_not_ready("OINTaken", message)]


def terminating(tenant: Tenant) -> list[Finding]:
    """Findings while the namespace is on its way out though the municipality stays."""
    message = f"namespace {tenant.name} is being removed by the cluster; it is made again when that is done"
    return [_not_ready("NamespaceTerminating", message)]


def not_understood(tenant: Tenant) -> list[Finding]:
    """Findings for a municipality whose spec this version of the operator does not understand."""
    message = f"{tenant.fault}. Nothing is changed until the spec is put right"
    return [_not_ready("NotUnderstood", message)]


def held(tenant: Tenant, data: str, uid: str) -> list[Finding]:
    """Findings for a municipality that would go but still has data, until that is confirmed for this very namespace."""
    message = (
        f"kept, since namespace {tenant.name} holds {data}. The delivery organisation confirms that it may be removed "
        f"for good with: kubectl annotate municipality {tenant.name} {ANNOTATION_CONFIRM_DELETION}={uid} --overwrite"
    )
    return [_not_ready("HeldForData", message)]


def removing(tenant: Tenant) -> list[Finding]:
    """Findings while the namespace of a leaving or deleted municipality is being removed."""
    return [_not_ready("Removing", f"namespace {tenant.name} is being removed with all that is in it")]


def left(tenant: Tenant) -> list[Finding]:
    """Findings for a municipality that has left: nothing of it is on the platform any more."""
    message = f"nothing of {tenant.spec.name} is on the platform any more; it can be taken off the environment's list"
    return [_not_ready(LEFT, message)]


def _not_ready(reason: str, message: str) -> Finding:
    return Finding("Ready", holds=False, reason=reason, message=message)


def _part(name: str, outcome: Outcome | None) -> Finding:
    if outcome is None:
        return Finding(name, holds=False, reason="NotReached", message="waits for what comes before it")
    if outcome.ok:
        return Finding(name, holds=True, reason="AsDesired", message="")
    return Finding(name, holds=False, reason="ApplyFailed", message="; ".join(outcome.conflicts + outcome.failures))


def _conflict(conflicts: list[str]) -> Finding:
    message = "; ".join(conflicts) + ". It was not touched: remove or rename it, then this municipality is provisioned"
    return Finding("Conflict", holds=True, reason="ForeignObject", message=message)


def _summary(tenant: Tenant, conflicts: list[str], failures: list[str], findings: list[Finding]) -> Finding:
    if conflicts:
        return _not_ready("Conflict", "; ".join(conflicts))
    if failures:
        return _not_ready("ApplyFailed", "; ".join(failures) + ". It is tried again with growing delays")
    reason, message = _READY[Lifecycle(tenant.spec.lifecycle)]
    ready = all(finding.holds for finding in findings)
    return Finding("Ready", holds=ready, reason=reason if ready else "NotReached", message=message)
