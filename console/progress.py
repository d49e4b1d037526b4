"""Progress of long work: live bars on a terminal, plain lines elsewhere, always on standard error.

A `Reporter` keeps the seconds of each stage, so that a command can end with a summary of them.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

_FEW_STEPS = 20
"""A stage of at most so many steps gets a plain line for each of them."""

_PLAIN_LINE_EVERY = 5.0
"""Seconds between two plain lines of one stage, so that hundreds of steps do not drown a log."""


@dataclass(frozen=True)
class StageTime:
    """The wall-clock time of one finished stage, in seconds."""

    name: str
    seconds: float


class Stage:
    """One stage under way; made by `Reporter.stage`."""

    def __init__(self, reporter: Reporter, name: str, total: int | None) -> None:
        self._reporter = reporter
        self.name = name
        self.total = total
        self.done = 0
        self._started = time.monotonic()
        self._last_line = 0.0
        self._task = reporter.live.add_task(name, total=total, detail="") if reporter.live else None
        self._plain("…")

    @property
    def seconds(self) -> float:
        """Seconds since the stage began."""
        return time.monotonic() - self._started

    def update(self, detail: str = "", *, done: int | None = None, total: int | None = None) -> None:
        """Says how far the stage is: `done` of `total` steps, and what is being done now."""
        moved = done is not None and done != self.done
        self.done = self.done if done is None else done
        self.total = self.total if total is None else total
        if self._reporter.live and self._task is not None:
            self._reporter.live.update(self._task, completed=self.done, total=self.total, detail=detail)
        elif moved or time.monotonic() - self._last_line > _PLAIN_LINE_EVERY:
            self._throttled(detail)

    def advance(self, detail: str = "") -> None:
        """Counts one more step as done."""
        self.update(detail, done=self.done + 1)

    def _throttled(self, detail: str) -> None:
        few = self.total is not None and self.total <= _FEW_STEPS
        if few or self.done == self.total or time.monotonic() - self._last_line > _PLAIN_LINE_EVERY:
            self._plain(detail)

    def _plain(self, detail: str) -> None:
        if self._reporter.live:
            return
        self._last_line = time.monotonic()
        steps = f" {self.done}/{self.total}" if self.total else ""
        self._reporter.line(f"{self.name}{steps}{' ' + detail if detail else ''}")

    def finish(self) -> StageTime:
        """Ends the stage and gives its time."""
        if self._reporter.live and self._task is not None:
            total = self.total or 1
            self._reporter.live.update(self._task, completed=total, total=total, detail="")
        return StageTime(self.name, round(self.seconds, 2))


class Reporter:
    """Shows stages to a person and remembers how long each took.

    Use as a context manager around the whole command. On a terminal it shows one live line a stage; elsewhere plain
    lines with the seconds since it began.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet)
        self.times: list[StageTime] = []
        self.live: Progress | None = None
        self._began = time.monotonic()
        self._depth = 0

    def __enter__(self) -> Reporter:
        if self.console.is_terminal:
            self.live = Progress(
                SpinnerColumn(finished_text="[green]✓"),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("[dim]{task.fields[detail]}"),
                console=self.console,
            )
            self.live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.live:
            self.live.stop()
            self.live = None

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        """Runs one stage; its time is kept when it succeeds. A stage within another one is part of that one's time."""
        stage = Stage(self, "  " * self._depth + name, total)
        self._depth += 1
        try:
            yield stage
        except BaseException:
            self.line(f"{stage.name}: failed after {stage.seconds:.1f} s")
            raise
        finally:
            self._depth -= 1
        finished = stage.finish()
        if self._depth == 0:
            self.times.append(finished)
        if not self.live:
            self.line(f"{stage.name}: done in {finished.seconds:.1f} s")

    def line(self, text: str) -> None:
        """Prints one line of its own, beside the stages."""
        if self.live:
            self.console.print(text, highlight=False, markup=False)
        else:
            self.console.print(
                f"[{time.monotonic() - self._began:6.1f}s] {text}", highlight=False, markup=False, soft_wrap=True
            )
