"""The command `fsc`: the one place where errors become sentences and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Final

import typer

from wegennet.fsc.cli.lazy import COMPONENTS, LazyCommands

if TYPE_CHECKING:
    from collections.abc import Sequence

USER_MISTAKE: Final = 1
PLATFORM_FAILURE: Final = 2

_DEBUG: Final = "FSC_DEBUG"
_INTERRUPTED: Final = 130
"""What typer returns for a command that was stopped with Ctrl+C."""

app = typer.Typer(
    cls=LazyCommands,
    epilog="Exit codes: 0 done, 1 your turn, 2 the platform failed.",
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", envvar=_DEBUG, help="Show the traceback of an error.")] = False,
) -> None:
    """A peer by FSC Core 2.0.0 and FSC Logging 1.1.0 (Federated Service Connectivity)."""
    if debug:
        os.environ[_DEBUG] = "1"
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415 - slow, and seldom wanted

        typer.echo(f"fsc {installed('wegennet')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Runs the command and exits with whose turn it is: 0 done, 1 user, 2 platform.

    Under the name of a component, as OpenFSC's images call it, it is that component's command.
    """
    name = PurePath(sys.argv[0]).name
    sys.exit(run([name, *sys.argv[1:]] if name in COMPONENTS else sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs the command and gives its exit code; every error is a sentence on standard error."""
    try:
        code = app(args=list(arguments), prog_name="fsc", standalone_mode=False)
    except typer.TyperException as error:
        return _say(f"{error.format_message()}\n`fsc --help` shows how it is used.", USER_MISTAKE)
    except (typer.Abort, KeyboardInterrupt):
        return _say("Stopped.", USER_MISTAKE)
    except Exception as error:  # noqa: BLE001 - nobody but us should get a traceback
        return _say(_sentence(error), getattr(error, "exit_code", PLATFORM_FAILURE))
    return _say("Stopped.", USER_MISTAKE) if code == _INTERRUPTED else int(code or 0)


def _sentence(error: Exception) -> str:
    """Our own errors are sentences; others should not come here."""
    if type(error).__module__.startswith("wegennet.fsc."):
        return str(error)
    return (
        f"something failed that should not: {type(error).__name__}: {error}\n"
        "Run it again with `fsc --debug …` and report what that shows."
    )


def _say(sentence: str, code: int) -> int:
    if os.environ.get(_DEBUG) and sys.exc_info()[0]:
        traceback.print_exc()
    typer.secho(f"Error: {sentence}", fg=typer.colors.RED, err=True)
    return code
