"""`wegennet preview`."""

from __future__ import annotations

from typing import Annotated

import typer

from wegennet.console.progress import Reporter
from wegennet.platform.cli import options, show
from wegennet.platform.delivery import runs

app = typer.Typer()


@app.command()
def preview(
    *,
    environment: options.EnvironmentOption = "embedded",
    context: options.ContextOption = None,
    state: options.StateOption = None,
    remove: options.RemoveOption = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Every resource, with what differs.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Show what `up` would change, and change nothing."""
    request = options.request(environment, context, state)
    with Reporter() as reporter:
        outcome, refusal = runs.preview(request, reporter, named=remove or ())
    show.plan(reporter.console, outcome, every=verbose)
    if as_json:
        show.line_of_json(show.result(request, outcome, reporter))
    if refusal:
        raise refusal
