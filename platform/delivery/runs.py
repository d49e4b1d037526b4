"""The runs themselves: preview, up, refresh and destroy of an environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wegennet.console.errors import UserMistake
from wegennet.platform.components.municipalities import TYPE
from wegennet.platform.delivery import leaving
from wegennet.platform.delivery.machinery import ready, start
from wegennet.platform.steps import CHANGES, Step, tally
from wegennet.platform.tenants import tenants
from wegennet.platform.waiting import pending_deletion, until_ready

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wegennet.console.progress import Reporter
    from wegennet.environments.model import Environment
    from wegennet.platform.delivery.machinery import Machinery
    from wegennet.platform.delivery.request import Request
    from wegennet.platform.removal import Removal
    from wegennet.platform.tenants import Tenant

_SHOWN: Final = 10


@dataclass
class Outcome:
    """What a run did, or would do: the changes in numbers, and each step."""

    changes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHANGES, 0))
    steps: Sequence[Step] = ()


def preview(
    request: Request, reporter: Reporter, *, named: Collection[str] = (), image: str | None = None
) -> tuple[Outcome, UserMistake | None]:
    """What `up` would change, and with what words it would refuse; nothing is changed.

    Args:
        request: the environment.
        reporter: shows the progress.
        named: codes of municipalities that may be removed.
        image: the operator's, when it is known already.
    """
    machinery = ready(request, reporter, image=image)
    going = leaving.removals(machinery)
    with reporter.stage("preview", total=len(request.environment.municipalities)) as stage:
        events = machinery.stack.preview(stage, without=[one.urn for one in going])
    gone = {(TYPE, one.id) for one in going}
    steps = [step for step in events.steps if (step.type, step.name) not in gone]
    steps += [Step("delete", TYPE, one.id) for one in going]
    return Outcome(tally(steps), steps), _refusal(machinery, going, named)


def _refusal(machinery: Machinery, going: Sequence[Removal], named: Collection[str]) -> UserMistake | None:
    try:
        leaving.check(machinery, going, named)
    except UserMistake as refusal:
        return refusal
    return None


def up(request: Request, reporter: Reporter, *, named: Collection[str] = (), timeout: float) -> Outcome:
    """Makes the cluster what the environment declares, and waits until every municipality is ready.

    Raises:
        UserMistake: it would remove municipalities that nobody named.
        StillPending: something holds a municipality that goes, or some are not ready after `timeout` seconds.
    """
    machinery = ready(request, reporter, image=start(request, reporter))
    going = leaving.removals(machinery)
    leaving.check(machinery, going, named)
    held = leaving.see_off(machinery, going, reporter)
    with reporter.stage("platform", total=len(request.environment.municipalities)) as stage:
        events = machinery.stack.up(stage, without=_urns(going, held))
    wanted = active(request.environment)
    with reporter.stage("municipalities Ready", total=len(wanted)) as stage:
        until_ready(machinery.api, wanted, stage, timeout=timeout)
    _mention_strangers(machinery, reporter)
    if held:
        raise pending_deletion(held)
    return Outcome(events.changes, events.steps)


def _mention_strangers(machinery: Machinery, reporter: Reporter) -> None:
    """Says which municipalities the cluster has that nobody declares: left by a lost state, or somebody else's."""
    known = {municipality.id for municipality in machinery.target.environment.municipalities}
    strangers = [one.code for one in tenants(machinery.api) if one.id not in known and not one.deleting]
    if strangers:
        reporter.line(f"In the cluster, but not in this environment: {_some(strangers)}. They were left alone.")


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes[:_SHOWN]) + (f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else "")


def _urns(going: Sequence[Removal], held: Collection[Tenant]) -> list[str]:
    ids = {tenant.id for tenant in held}
    return [one.urn for one in going if one.id in ids]


def active(environment: Environment) -> set[str]:
    """The ids that become ready: a municipality that is Leaving never is, its end is that nothing of it is left."""
    return {municipality.id for municipality in environment.municipalities if municipality.lifecycle != "Leaving"}


def refresh(request: Request, reporter: Reporter) -> Outcome:
    """Reads into Pulumi's state what the cluster holds."""
    machinery = ready(request, reporter)
    with reporter.stage("refresh") as stage:
        events = machinery.stack.refresh(stage)
    return Outcome(events.changes, events.steps)


@dataclass(frozen=True)
class Farewell:
    """What a destroy would remove: the tenants in the cluster, and those that the state holds."""

    machinery: Machinery
    tenants: Sequence[Tenant]
    going: Sequence[Removal]


def farewell(request: Request, reporter: Reporter) -> Farewell:
    """Looks at what a destroy would remove.

    Raises:
        UserMistake: the cluster has municipalities that this state knows nothing of.
    """
    machinery = ready(request, reporter)
    going = leaving.of_state(machinery)
    live = tenants(machinery.api)
    _none_foreign(live, {one.id for one in going})
    return Farewell(machinery, live, going)


def destroy(found: Farewell, reporter: Reporter, *, definitions: bool) -> Outcome:
    """Removes the environment from the cluster: its municipalities first, then the platform.

    Args:
        found: what there is, once the person has confirmed it.
        reporter: shows the progress.
        definitions: whether the CRDs go as well.

    Raises:
        StillPending: something holds a municipality; the operator then stays, to finish later.
    """
    if held := leaving.see_off(found.machinery, found.going, reporter):
        raise pending_deletion(held)
    stack = found.machinery.stack
    if definitions:
        stack.unprotect([resource.urn for resource in stack.resources() if _is_definition(resource.type)])
    with reporter.stage("platform") as stage:
        events = stack.destroy(stage)
    return Outcome(events.changes, events.steps)


def _is_definition(type_: str) -> bool:
    return type_.endswith(":CustomResourceDefinition")


def _none_foreign(live: Sequence[Tenant], known: Collection[str]) -> None:
    foreign = [tenant.code for tenant in live if tenant.id not in known and not tenant.deleting]
    if foreign:
        raise UserMistake(
            f"the cluster has municipalities that are not in this environment's state: {_some(foreign)}",
            remedy="Delete them first, or declare them and run `wegennet up`, which takes them into the state. "
            "Without the operator nothing could ever remove them.",
        )
