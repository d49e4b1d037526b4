"""Progress of a start: a live line a stage on a terminal, plain lines elsewhere; always on standard error."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Reporter:
    """Shows nothing: for tests."""

    @contextmanager
    def stage(self, name: str, steps: int) -> Iterator[Callable[[str], None]]:  # noqa: ARG002 - for those who show it
        """Runs a stage; what it gives is called with the name of each step that is done."""
        yield lambda _: None


class Lines(Reporter):
    """Plain lines with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @contextmanager
    def stage(self, name: str, steps: int) -> Iterator[Callable[[str], None]]:
        """Runs a stage; one line when it begins and one when it is done."""
        self._line(f"{name} ({steps}) …" if steps > 1 else f"{name} …")
        yield lambda _: None
        self._line(f"{name}: done")

    def _line(self, text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - self._began:5.1f}s] {text}\n")
        sys.stderr.flush()


class Live(Reporter):
    """A bar for each stage."""

    @contextmanager
    def stage(self, name: str, steps: int) -> Iterator[Callable[[str], None]]:
        """Runs a stage with a bar that says which step was done last."""
        from rich.console import Console  # noqa: PLC0415 - slow to import, and of no use without a terminal
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415

        columns = (SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"), BarColumn(bar_width=24))
        detail = TextColumn("[dim]{task.fields[detail]}")
        with Progress(*columns, MofNCompleteColumn(), detail, console=Console(stderr=True)) as progress:
            task = progress.add_task(name, total=steps, detail="")
            yield lambda detail: progress.update(task, advance=1, detail=detail)
            progress.update(task, completed=steps, detail="")


def reporter() -> Reporter:
    """What suits standard error: live on a terminal, lines elsewhere."""
    return Live() if sys.stderr.isatty() else Lines()
