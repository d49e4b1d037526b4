"""`wegennet doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from wegennet.console.errors import PlatformFailure, UserMistake
from wegennet.platform.cli import options, show
from wegennet.platform.diagnosis import cluster, machine
from wegennet.platform.diagnosis.finding import Finding, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer()


@app.command()
def doctor(
    *,
    environment: options.EnvironmentOption = "embedded",
    context: options.ContextOption = None,
    state: options.StateOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Say what is missing on this machine or cluster, and how to mend it."""
    request = options.request(environment, context, state)
    findings = [
        *machine.findings(request.state, embedded=request.access.embedded),
        *cluster.findings(request),
    ]
    if as_json:
        show.line_of_json([asdict(finding) for finding in findings])
    else:
        show.on_output().print(_table(findings))
    verdict(findings)


def _table(findings: Sequence[Finding]) -> Table:
    made = Table("What", "", "Seen", "How to mend it", box=None, pad_edge=False)
    for finding in findings:
        mark = "[green]ok[/]" if finding.turn is Turn.NOBODY else "[red]no[/]"
        made.add_row(finding.name, mark, finding.detail, finding.remedy)
    return made


def verdict(findings: Sequence[Finding]) -> None:
    """Ends with the exit code of whose turn it is; the person's goes first, since the rest may follow from it.

    Raises:
        UserMistake: something waits for the person.
        PlatformFailure: something of the platform is broken, and nothing waits for the person.
    """
    for turn, error in ((Turn.USER, UserMistake), (Turn.PLATFORM, PlatformFailure)):
        names = [finding.name for finding in findings if finding.turn is turn]
        if names:
            raise error(f"not well: {', '.join(names)}", remedy="Mend from the top; what is below may follow from it.")
