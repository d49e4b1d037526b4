"""`fsc peer up`: a whole group on this machine, until it is told to stop."""

from __future__ import annotations

import json
import logging
import signal
import sys
import time
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from wegennet.fsc.trial.layout import MOST_PEERS

if TYPE_CHECKING:
    from wegennet.fsc.trial.group import Group

_LOOK_EVERY = 0.2
"""Seconds between two looks at the children."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def peer() -> None:
    """A whole group on this machine, to try out."""


@app.command()
def up(
    *,
    peers: Annotated[int, typer.Option(min=1, max=MOST_PEERS, help="Peers beside the directory.")] = 2,
    folder: Annotated[
        Path | None, typer.Option(help="Keep certificates, data and logs here; without it they are gone at the end.")
    ] = None,
    postgres_dsn: Annotated[
        str | None, typer.Option(help="A PostgreSQL server, by a role that may make roles and databases.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Offer a Service at the first peer, and let the last one use it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when all is ready.")] = False,
) -> None:
    """Start a directory and peers, each with all its components, and run them until Ctrl-C.

    Everything is real: processes, TLS, certificates, PostgreSQL. Addresses are those of the loopback interface.
    """
    import structlog  # noqa: PLC0415 - the help should not wait for all this

    from wegennet.fsc.trial.group import Options, running  # noqa: PLC0415
    from wegennet.fsc.trial.overview import description, text  # noqa: PLC0415
    from wegennet.fsc.trial.progress import reporter  # noqa: PLC0415

    # What migrations say, step by step, would be in the way of the one line; and so would their warnings.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    stop = _Stop()
    try:
        with running(Options(peers, folder, postgres_dsn, demo=demo), reporter(), stop.check) as group:
            typer.echo(json.dumps(description(group)) if as_json else text(group))
            _watch(group, stop)
    except _Stopped:
        typer.echo("Stopped.", err=True)


class _Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Somebody asked to stop."""


class _Stop:
    """Notes SIGINT and SIGTERM, for `check` to tell of.

    An exception at any moment, as Python makes of SIGINT, could leave a process that nobody knows of, or get lost: what
    is raised within a hook around a fork is ignored.
    """

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, *_: object) -> None:
        self._asked = True

    def check(self) -> None:
        """Raises _Stopped when somebody asked to stop."""
        if self._asked:
            raise _Stopped


def _watch(group: Group, stop: _Stop) -> None:
    """Runs until somebody asks to stop.

    Raises:
        Failure: a process has ended.
    """
    while True:
        stop.check()
        group.must_run()
        time.sleep(_LOOK_EVERY)
