"""`fsc peer up`: a whole group on this machine, until it is told to stop."""

from __future__ import annotations

import json
import logging
import signal
import sys
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from wegennet.fsc.trial.layout import MOST_PEERS

if TYPE_CHECKING:
    from wegennet.fsc.trial.group import Group

_STOPPERS = {signal.SIGINT, signal.SIGTERM}
_LOOK_EVERY = 0.5
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
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(Options(peers, folder, postgres_dsn, demo=demo), reporter()) as group:
            typer.echo(json.dumps(description(group)) if as_json else text(group))
            _watch(group)
            typer.echo("Stopping …", err=True)
    except KeyboardInterrupt:
        return


def _watch(group: Group) -> None:
    """Returns when somebody asks to stop.

    Raises:
        Failure: a process has ended.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPERS)
    while signal.sigtimedwait(_STOPPERS, _LOOK_EVERY) is None:
        group.must_run()
