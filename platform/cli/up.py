"""`wegennet up`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from wegennet.console.errors import UserMistake
from wegennet.console.progress import Reporter
from wegennet.platform.cli import options, show
from wegennet.platform.delivery import runs
from wegennet.platform.delivery.machinery import start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.platform.delivery.request import Request

app = typer.Typer()


@app.command()
def up(
    *,
    environment: options.EnvironmentOption = "embedded",
    context: options.ContextOption = None,
    state: options.StateOption = None,
    remove: options.RemoveOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not show the changes and ask first.")] = False,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for municipalities to be ready.")] = 600,
    as_json: options.JsonOption = False,
) -> None:
    """Make the cluster what the environment declares, and wait until every municipality is ready.

    On a terminal the changes are shown and asked about first, unless there is --yes.
    """
    request = options.request(environment, context, state)
    reporter = Reporter()
    if sys.stdin.isatty() and not yes:
        _ask(request, reporter, remove or ())
    with reporter:
        outcome = runs.up(request, reporter, named=remove or (), timeout=timeout)
    show.conclusion(request, outcome, reporter)
    if as_json:
        show.line_of_json(show.result(request, outcome, reporter))


def _ask(request: Request, reporter: Reporter, named: Sequence[str]) -> None:
    """Shows the changes and asks whether they may be made."""
    with reporter:
        outcome, refusal = runs.preview(request, reporter, named=named, image=start(request, reporter))
    show.plan(reporter.console, outcome, every=False)
    if refusal:
        raise refusal
    if not typer.confirm("Make these changes?", err=True):
        raise UserMistake("nothing was changed", remedy="Answer y, or use --yes, to make the changes.")
