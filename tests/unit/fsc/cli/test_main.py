from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import pytest
import typer

from wegennet.fsc.cli import main as command
from wegennet.fsc.cli.lazy import COMMANDS, COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Callable


class _Refused(Exception):  # noqa: N818
    """An error as those of our own packages are."""

    __module__ = "wegennet.fsc.inway"
    exit_code = 1


class _Broken(Exception):  # noqa: N818
    """An error of ours that leaves open whose turn it is."""

    __module__ = "wegennet.fsc.storage.errors"


@pytest.fixture
def inway(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The commands of a stand-in for the Inway."""
    module = ModuleType("wegennet.fsc.inway.commands")
    module.app = typer.Typer()  # type: ignore[attr-defined]
    module.app.callback()(lambda: None)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.app  # type: ignore[no-any-return]


def _raising(error: BaseException) -> Callable[[], None]:
    def serve() -> None:
        raise error

    return serve


def test_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("fsc 0.")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run([]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  {name} " not in shown] == []


def test_help_loads_no_component() -> None:
    program = "import sys; from wegennet.fsc.cli.main import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stderr.split()
    assert not {"fastapi", "cryptography", "psycopg", "uvloop", "rich"} & set(loaded)


def test_subcommand_of_a_component_runs(inway: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    inway.command("serve")(lambda: typer.echo("served"))
    assert command.run(["inway", "serve"]) == 0
    assert capsys.readouterr().out == "served\n"


def test_options_of_a_subcommand_arrive(inway: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    @inway.command()
    def migrate(postgres_dsn: Annotated[str, typer.Option()]) -> None:
        typer.echo(postgres_dsn)

    command.run(["inway", "migrate", "--postgres-dsn", "postgres://a"])
    assert capsys.readouterr().out == "postgres://a\n"


@pytest.mark.parametrize("name", COMPONENTS)
def test_name_of_the_program_chooses_the_component(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(command, "run", lambda arguments: ran.append(list(arguments)) or 0)
    monkeypatch.setattr(sys, "argv", [f"/usr/local/bin/{name}", "serve"])
    with pytest.raises(SystemExit):
        command.main()
    assert ran == [[name, "serve"]]


def test_other_name_of_the_program_is_fsc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/local/bin/fsc", "--version"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 0


def test_error_of_ours_is_a_sentence(inway: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    inway.command("serve")(_raising(_Refused("GROUP_ID is missing.")))
    command.run(["inway", "serve"])
    assert capsys.readouterr().err == "Error: GROUP_ID is missing.\n"


@pytest.mark.parametrize(("error", "code"), [(_Refused(), 1), (_Broken(), 2), (ValueError(), 2), (typer.Exit(3), 3)])
def test_exit_code_says_whose_turn_it_is(inway: typer.Typer, error: BaseException, code: int) -> None:
    inway.command("serve")(_raising(error))
    assert command.run(["inway", "serve"]) == code


def test_error_of_others_is_no_traceback(inway: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    inway.command("serve")(_raising(ValueError("odd")))
    command.run(["inway", "serve"])
    assert "Traceback" not in capsys.readouterr().err


def test_unknown_command_is_the_users_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["inwya"]) == 1
    assert "inwya" in capsys.readouterr().err


def test_interrupt_is_no_traceback(inway: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    inway.command("serve")(_raising(KeyboardInterrupt()))
    assert command.run(["inway", "serve"]) == 1
    assert capsys.readouterr().err == "Error: Stopped.\n"
