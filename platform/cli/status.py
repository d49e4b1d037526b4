"""`wegennet status`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.live import Live

from wegennet.console.errors import UserMistake
from wegennet.platform import api, overview
from wegennet.platform.cli import options, show
from wegennet.platform.tenants import tenants

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

_EVERY: Final = 2.0
"""Seconds between two looks of --watch."""

app = typer.Typer()


@app.command()
def status(
    *,
    environment: options.EnvironmentOption = "embedded",
    context: options.ContextOption = None,
    state: options.StateOption = None,
    name: Annotated[str | None, typer.Option("--name", help="Part of the municipality's name.")] = None,
    code: Annotated[list[str] | None, typer.Option("--code", help="CBS code; repeat it for more.")] = None,
    condition: Annotated[
        str | None,
        typer.Option("--condition", metavar="TYPE[=STATUS]", help="Condition that is True, or has this status."),
    ] = None,
    not_ready: Annotated[bool, typer.Option("--not-ready", help="Those that are not ready.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep looking, until Ctrl+C.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Show the municipalities with their conditions."""
    if watch and as_json:
        raise UserMistake("--watch is for people and --json for programs", remedy="Use one of them.")
    chosen = overview.Filter.of(name=name, codes=code or (), condition=condition, not_ready=not_ready)
    connection = api.connect(options.request(environment, context, state).access)
    if as_json:
        show.line_of_json([overview.as_object(tenant) for tenant in tenants(connection) if chosen.admits(tenant)])
    elif watch:
        _follow(lambda: _table(connection, chosen))
    else:
        show.on_output().print(_table(connection, chosen))


def _table(connection: Any, chosen: overview.Filter) -> RenderableType:
    return overview.table(tenants(connection), chosen)


def _follow(look: Callable[[], RenderableType]) -> None:
    """Shows what `look` gives, again and again, until the person stops it."""
    with Live(look(), auto_refresh=False, vertical_overflow="ellipsis") as live:
        try:
            while True:
                time.sleep(_EVERY)
                live.update(look(), refresh=True)
        except KeyboardInterrupt:
            return
