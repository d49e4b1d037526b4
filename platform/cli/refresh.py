"""`wegennet refresh`."""

from __future__ import annotations

import typer

from wegennet.console.progress import Reporter
from wegennet.platform.cli import options, show
from wegennet.platform.delivery import runs

app = typer.Typer()


@app.command()
def refresh(
    *,
    environment: options.EnvironmentOption = "embedded",
    context: options.ContextOption = None,
    state: options.StateOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Read into Pulumi's state what the cluster holds; `up` then puts right what differs."""
    request = options.request(environment, context, state)
    with Reporter() as reporter:
        outcome = runs.refresh(request, reporter)
    show.conclusion(request, outcome, reporter)
    if as_json:
        show.line_of_json(show.result(request, outcome, reporter))
