"""`wegennet destroy`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from wegennet.console.errors import UserMistake
from wegennet.console.progress import Reporter
from wegennet.platform.cli import options, show
from wegennet.platform.delivery import runs

app = typer.Typer()


@app.command()
def destroy(
    *,
    environment: options.EnvironmentOption = "embedded",
    context: options.ContextOption = None,
    state: options.StateOption = None,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="NAME", help="The environment's name, for scripts.")
    ] = None,
    crds: Annotated[bool, typer.Option("--crds", help="Remove the CRDs as well.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Remove the environment from the cluster: its municipalities first, then the platform."""
    request = options.request(environment, context, state)
    reporter = Reporter()
    with reporter:
        farewell = runs.farewell(request, reporter)
    if farewell.tenants:
        confirmed(request.environment.name, len(farewell.tenants), confirm)
    with reporter:
        outcome = runs.destroy(farewell, reporter, definitions=crds)
    show.conclusion(request, outcome, reporter)
    if as_json:
        show.line_of_json(show.result(request, outcome, reporter))


def confirmed(name: str, tenants: int, given: str | None) -> None:
    """Sees to it that the person means this environment.

    Args:
        name: name of the environment.
        tenants: how many municipalities go with it.
        given: the name that was given with the command, if any; otherwise it is asked for on a terminal.

    Raises:
        UserMistake: the name is another, or there is nobody to ask.
    """
    if given is None and sys.stdin.isatty():
        typer.echo(f"This removes {tenants} municipalities with all that they hold.", err=True)
        given = typer.prompt("Name of the environment", err=True)
    if given != name:
        raise UserMistake(
            f"this would remove {tenants} municipalities, and "
            + ("the environment's name was not given" if given is None else f"{given!r} is not its name"),
            where=f"environment {name}",
            remedy=f"To remove them with all that they hold: wegennet destroy --confirm {name}",
        )
