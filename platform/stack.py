"""The Pulumi stack of an environment, driven through the Automation API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pulumi import automation as auto

from wegennet.console.errors import UserMistake
from wegennet.platform import leftovers, pulumi_settings
from wegennet.platform.faults import failure
from wegennet.platform.run_events import RunEvents, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from wegennet.console.progress import Stage
    from wegennet.toolchain import Toolchain

_PARALLEL: Final = 32
"""Operations at a time: the API server is busy with so many, and waits of its clients overlap."""


@dataclass(frozen=True)
class StackResource:
    """One resource of the state: what Pulumi would delete when the program no longer declares it."""

    urn: str
    type: str
    inputs: dict[str, Any]

    @property
    def name(self) -> str:
        """Logical name of the resource."""
        return name_of(self.urn)


class EnvironmentStack:
    """The stack named after the environment, in the state folder's own backend.

    Args:
        name: name of the environment.
        records: folder of the state, see `access.records`.
        toolchain: has the tools of `pulumi_settings.TOOLS`.
        program: declares the resources.
    """

    def __init__(self, name: str, records: Path, toolchain: Toolchain, program: Callable[[], None]) -> None:
        self._records = records
        self._name = name
        self._resources: list[StackResource] | None = None
        workspace = pulumi_settings.workspace(records)
        workspace.mkdir(parents=True, exist_ok=True)
        self._stack = auto.create_or_select_stack(
            name,
            project_name=pulumi_settings.PROJECT,
            program=program,
            opts=auto.LocalWorkspaceOptions(
                work_dir=str(workspace),
                env_vars=pulumi_settings.variables(records, toolchain),
                pulumi_command=auto.PulumiCommand(str(pulumi_settings.command_root(records, toolchain))),
                secrets_provider="passphrase",
            ),
        )

    def resources(self) -> list[StackResource]:
        """What the state holds; read again only after a run or a change of it."""
        if self._resources is None:
            deployment = self._stack.export_stack().deployment or {}
            self._resources = [
                StackResource(found["urn"], found["type"], found.get("inputs", {}))
                for found in deployment.get("resources", [])
            ]
        return self._resources

    def unprotect(self, urns: Iterable[str]) -> None:
        """Takes the protection from these resources, so that the next run can delete them."""
        named = set(urns)
        exported = self._stack.export_stack()
        for resource in (exported.deployment or {}).get("resources", []):
            if resource["urn"] in named:
                resource["protect"] = False
        self._stack.import_stack(exported)

    def forget(self) -> None:
        """Starts the state anew, for a cluster that no longer exists."""
        self._stack.workspace.remove_stack(self._name, force=True)
        self._stack.workspace.create_stack(self._name)
        self._resources = None

    def preview(self, stage: Stage, *, without: Sequence[str] = ()) -> RunEvents:
        """Plans a run and changes nothing; the resources `without` are left out of the plan."""
        return self._run(stage, lambda events: self._stack.preview(on_event=events, exclude=list(without) or None))

    def up(self, stage: Stage, *, without: Sequence[str] = ()) -> RunEvents:
        """Makes the cluster what the program declares; the resources `without` are left as they are."""
        return self._run(
            stage,
            lambda events: self._stack.up(on_event=events, parallel=_PARALLEL, exclude=list(without) or None),
        )

    def refresh(self, stage: Stage) -> RunEvents:
        """Reads into the state what the cluster holds."""
        return self._run(stage, lambda events: self._stack.refresh(on_event=events, parallel=_PARALLEL))

    def destroy(self, stage: Stage) -> RunEvents:
        """Deletes all that is not protected."""
        return self._run(
            stage, lambda events: self._stack.destroy(on_event=events, parallel=_PARALLEL, exclude_protected=True)
        )

    def _run(self, stage: Stage, operation: Callable[[RunEvents], object]) -> RunEvents:
        leftovers.tidy(self._records)
        self._resources = None
        events = RunEvents(stage)
        try:
            _to_its_end(lambda: operation(events))
        except auto.ConcurrentUpdateError as error:
            raise UserMistake(
                "another run is at work on this environment",
                where=f"stack {self._name}",
                remedy="Wait until it has ended and run this again.",
            ) from error
        except auto.CommandError as error:
            raise failure(events.faults, str(error)) from error
        return events


def _to_its_end(operation: Callable[[], object]) -> None:
    """Runs `operation` aside: Ctrl+C, which pulumi gets as well, must not close pulumi's output while it winds up."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        running = aside.submit(operation)
        try:
            running.result()
        except KeyboardInterrupt:
            running.exception()
            raise
