"""The commands by name, each imported when it is run: `wegennet --help` must not load Pulumi or a cluster's code."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Final[Mapping[str, str]] = {
    "toolchain": "Build the native tools that are missing.",
    "cluster": "Start, stop and look at the embedded cluster.",
    "preview": "Show what `up` would change, and change nothing.",
    "up": "Make the cluster what the environment declares, and wait until every municipality is ready.",
    "status": "Show the municipalities with their conditions.",
    "doctor": "Say what is missing on this machine or cluster, and how to mend it.",
    "refresh": "Read into Pulumi's state what the cluster holds; `up` then puts right what differs.",
    "destroy": "Remove the environment from the cluster: its municipalities first, then the platform.",
    "env": 'Print shell commands that make plain `pulumi` work on an environment: eval "$(wegennet env)".',
}
"""What the help says of each command; `wegennet.platform.cli.<name>` has its typer application `app`."""


class LazyCommands(TyperGroup):
    """A group that knows its commands by name and help, and imports the one that is run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands.update({name: TyperCommand(name, help=text) for name, text in COMMANDS.items()})

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is the library's
        """The names in the order of a first day rather than of the alphabet."""
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command to run, with its module imported."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, typer.main.get_command(import_module(f"wegennet.platform.cli.{name}").app), rest
