"""How results are shown: tables for people, JSON as exactly one line on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from wegennet.platform.steps import Step, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.console.progress import Reporter
    from wegennet.platform.delivery.request import Request
    from wegennet.platform.delivery.runs import Outcome

_SHOWN: Final = 3
_WIDE: Final = 200
_MARKS: Final = {"create": "+", "update": "~", "delete": "-"}


def on_output() -> Console:
    """Standard output for tables: as wide as the terminal, and wide enough for any table where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def line_of_json(content: Any) -> None:
    """Prints `content` as the one line that standard output gets."""
    typer.echo(orjson.dumps(content).decode())


def plan(console: Console, outcome: Outcome, *, every: bool) -> None:
    """Prints planned changes: one line for a group of resources, or with `every` one line for each resource."""
    for operation, kind, members in grouped(outcome.steps):
        lines = [_single(kind, step) for step in members] if every else [_group(kind, members)]
        for text in lines:
            console.print(f"{_MARKS[operation]} {operation} {text}", highlight=False, markup=False, soft_wrap=True)
    console.print(_counted(outcome.changes), highlight=False)


def _single(kind: str, step: Step) -> str:
    return f"{kind} {step.name}" + (f": {', '.join(step.changed)}" if step.changed else "")


def _group(kind: str, members: Sequence[Step]) -> str:
    if len(members) == 1:
        return _single(kind, members[0])
    names = ", ".join(step.name for step in members[:_SHOWN])
    return f"{len(members)} {kind} ({names}{', …' if len(members) > _SHOWN else ''})"


def _counted(changes: dict[str, int]) -> str:
    parts = [f"{number} to {name}" for name, number in changes.items() if name != "same" and number]
    return f"{', '.join(parts) or 'No changes'}; {changes['same']} the same."


def conclusion(request: Request, outcome: Outcome, reporter: Reporter) -> None:
    """Prints how long each stage took, and the changes that were made."""
    made = Table("Stage", "Seconds", title=f"Environment {request.environment.name}", title_justify="left", box=None)
    made.columns[1].justify = "right"
    for stage in reporter.times:
        made.add_row(stage.name, f"{stage.seconds:.1f}")
    made.add_row("total", f"{sum(stage.seconds for stage in reporter.times):.1f}", style="bold")
    reporter.console.print(made)
    reporter.console.print(", ".join(f"{number} {name}" for name, number in outcome.changes.items()), highlight=False)


def result(request: Request, outcome: Outcome, reporter: Reporter) -> dict[str, Any]:
    """What `--json` says of a run."""
    return {
        "environment": request.environment.name,
        "municipalities": len(request.environment.municipalities),
        "changes": outcome.changes,
        "stages": [{"name": stage.name, "seconds": stage.seconds} for stage in reporter.times],
    }
