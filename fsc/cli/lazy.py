"""The commands by name, each imported when it is run: an Inway must not load what only a Manager needs."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPONENTS: Final[Mapping[str, tuple[str, str]]] = {
    "manager": ("wegennet.fsc.manager.commands", "Contracts, tokens, peers and services; the Directory is one too."),
    "controller": ("wegennet.fsc.controller.commands", "What services, inways and outways a peer has."),
    "txlog-api": ("wegennet.fsc.txlog.commands", "The transaction log of a peer."),
    "inway": ("wegennet.fsc.inway.commands", "Reverse proxy in front of a peer's services."),
    "outway": ("wegennet.fsc.outway.commands", "Forward proxy for a peer's clients."),
}
"""The components: module with a typer application `app`, and what the help says. OpenFSC's images call them so."""

OTHERS: Final[Mapping[str, tuple[str, str]]] = {
    "peer": ("wegennet.fsc.cli.peer", "A whole group on this machine, to try out."),
    "hash": ("wegennet.fsc.cli.inspect", "The content hash of a contract, then the hash of each of its grants."),
    "verify": ("wegennet.fsc.cli.inspect", "Check a contract and its signatures."),
    "token": ("wegennet.fsc.cli.inspect", "Look into an access token."),
}
"""What people use: module, and what the help says."""

COMMANDS: Final = {**COMPONENTS, **OTHERS}


class LazyCommands(TyperGroup):
    """A group that knows its commands by name and help, and imports the one that is run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands.update({name: TyperCommand(name, help=text) for name, (_, text) in COMMANDS.items()})

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is the library's
        """The names in the order above."""
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command to run, with its module imported."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, _load(str(name)), rest


def _load(name: str) -> Any:
    """The command of a module: its application, or one of those that it registers."""
    if name in COMPONENTS:
        # structlog imports it, where it is installed, for tracebacks that no component shows: a fifth of their start.
        sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    module = import_module(COMMANDS[name][0])
    if hasattr(module, "app"):
        return typer.main.get_command(module.app)
    application = typer.Typer()
    module.register(application)
    return typer.main.get_group(application).commands[name]
