"""`wegennet toolchain`: builds, lists and cleans up the native tools."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from wegennet.console.errors import UserMistake
from wegennet.toolchain import Toolchain, ToolStatus, ensure, status
from wegennet.toolchain.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    help="Build the native tools that are missing; a tool on PATH at the pinned version is used as it is."
)


@app.callback(invoke_without_command=True)
def build(context: typer.Context) -> None:
    """Build the native tools that are missing; a tool on PATH at the pinned version is used as it is."""
    if context.invoked_subcommand is not None:
        return
    if any(tool.source == "missing" for tool in status()):
        from wegennet.console.progress import Reporter  # noqa: PLC0415 - a run that builds nothing shows no progress

        with Reporter() as reporter:
            ensure(TOOLS, reporter)
    typer.echo(f"All {len(TOOLS)} tools are in place.", err=True)


@app.command("list")
def list_tools(*, as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False) -> None:
    """List the tools: version, where each comes from, path."""
    found = status()
    typer.echo(_as_json(found) if as_json else _as_table(found))


@app.command()
def env() -> None:
    """Print the shell command that puts the tools on PATH: eval "$(wegennet toolchain env)"."""
    found = status()
    paths = {tool.name: tool.path for tool in found if tool.path}
    if missing := [tool.name for tool in found if not tool.path]:
        raise UserMistake(f"not built yet: {', '.join(missing)}", remedy="Run `wegennet toolchain` first.")
    folder = str(Toolchain(paths).bin_folder())
    rest = [entry for entry in os.get_exec_path() if entry != folder]
    typer.echo(f"export PATH={shlex.quote(os.pathsep.join([folder, *rest]))}")


@app.command()
def clean() -> None:
    """Remove built tools that the pinned modules no longer ask for."""
    from wegennet.toolchain import cleaning  # noqa: PLC0415 - only this command needs it

    removed = cleaning.remove_outdated()
    for folder in removed:
        typer.echo(f"removed {folder}", err=True)
    if not removed:
        typer.echo("Nothing to remove: all that is cached is of the pinned modules.", err=True)


def _as_json(found: Sequence[ToolStatus]) -> str:
    return json.dumps(
        [
            {
                "name": one.name,
                "version": one.version,
                "source": one.source,
                "path": str(one.path) if one.path else None,
            }
            for one in found
        ]
    )


def _as_table(found: Sequence[ToolStatus]) -> str:
    rows = [("TOOL", "VERSION", "SOURCE", "PATH")]
    rows += [(one.name, one.version, one.source, str(one.path or "")) for one in found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
