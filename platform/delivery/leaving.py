"""Municipalities that go: found, checked, and seen off before Pulumi takes them out of its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.platform import removal
from wegennet.platform.components.municipalities import TYPE
from wegennet.platform.removal import Removal
from wegennet.platform.tenants import Tenant, delete, tenants
from wegennet.platform.waiting import until_gone

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wegennet.console.progress import Reporter
    from wegennet.platform.delivery.machinery import Machinery

PATIENCE: Final = 30.0
"""Seconds in which at least one municipality goes, or the rest is said to be held."""


def removals(machinery: Machinery) -> list[Removal]:
    """The municipalities in the state that the environment no longer declares."""
    declared = {municipality.id for municipality in machinery.target.environment.municipalities}
    return [one for one in of_state(machinery) if one.id not in declared]


def of_state(machinery: Machinery) -> list[Removal]:
    """Every municipality in the state, as something that could go."""
    found = [resource for resource in machinery.stack.resources() if resource.type == TYPE]
    live = {tenant.id: tenant for tenant in tenants(machinery.api)} if found else {}
    return [_removal(resource.name, resource.urn, live.get(resource.name)) for resource in found]


def _removal(name: str, urn: str, live: Tenant | None) -> Removal:
    return Removal(name, urn, live.lifecycle if live else None, deleting=bool(live and live.deleting))


def check(machinery: Machinery, leaving: Sequence[Removal], named: Collection[str]) -> None:
    """Refuses what nobody meant to remove, see `removal.check`."""
    environment = machinery.target.environment
    removal.check(
        leaving,
        named={code.lower() for code in named},
        declared={municipality.id for municipality in environment.municipalities},
        where=str(environment.folder),
    )


def see_off(machinery: Machinery, leaving: Sequence[Removal], reporter: Reporter) -> list[Tenant]:
    """Deletes these municipalities and waits for the operator to finish.

    Pulumi's own delete waits for finalizers without an end and without a word on what holds; so the deletion is asked
    for here, and Pulumi then finds them gone.

    Returns:
        Those that something holds.
    """
    if not leaving:
        return []
    machinery.stack.unprotect([one.urn for one in leaving])
    with reporter.stage("municipalities leave", total=len(leaving)) as stage:
        for one in leaving:
            delete(machinery.api, one.id)
        return until_gone(machinery.api, {one.id for one in leaving}, stage, patience=PATIENCE)
