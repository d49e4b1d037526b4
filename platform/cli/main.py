"""The command `wegennet`: the one place where errors become sentences and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Annotated, Final

import typer

from wegennet.console.errors import ExitCode, WegennetError
from wegennet.platform.cli.lazy import LazyCommands

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEBUG: Final = "WEGENNET_DEBUG"
_INTERRUPTED: Final = 130
"""What typer returns for a command that was stopped with Ctrl+C."""

app = typer.Typer(
    cls=LazyCommands,
    epilog="Exit codes: 0 done, 1 your turn, 2 the platform failed, 3 still pending.",
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    *,
    debug: Annotated[bool, typer.Option("--debug", envvar=_DEBUG, help="Show the traceback of an error.")] = False,
) -> None:
    """Provision and run the connectivity layer for every municipality."""
    if debug:
        os.environ[_DEBUG] = "1"
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and exits with whose turn it is: 0 done, 1 user, 2 platform, 3 pending."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and gives its exit code; every error is a sentence on standard error."""
    try:
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False)
    except WegennetError as error:
        return _say(str(error), error.exit_code)
    except typer.TyperException as error:
        return _say(f"{error.format_message()}\n`wegennet --help` shows how it is used.", ExitCode.USER)
    except (typer.Abort, KeyboardInterrupt):
        return _stopped()
    except Exception as error:  # noqa: BLE001 - nobody but us should get a traceback
        return _say(
            f"something failed that should not: {type(error).__name__}: {error}\n"
            "Run it again with `wegennet --debug …` and report what that shows.",
            ExitCode.PLATFORM,
        )
    return _stopped() if code == _INTERRUPTED else int(code or 0)


def _stopped() -> int:
    return _say("Stopped. What was done stays; running the same command again goes on from there.", ExitCode.USER)


def _say(sentence: str, code: int) -> int:
    if os.environ.get(_DEBUG) and sys.exc_info()[0]:
        traceback.print_exc()
    typer.secho(f"Error: {sentence}", fg=typer.colors.RED, err=True)
    return int(code)
