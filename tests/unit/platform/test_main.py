from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import typer

from wegennet.console.errors import PlatformFailure, StillPending, UserMistake
from wegennet.platform.cli import lazy
from wegennet.platform.cli.main import run

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of a command `try`, which raises what the test puts there as `error`."""
    module = type(sys)("wegennet.platform.cli.try")
    module.app = typer.Typer()  # type: ignore[attr-defined]  # a module made for the test
    module.error = None  # type: ignore[attr-defined]

    @module.app.command()
    def try_() -> None:
        if module.error is not None:
            raise module.error

    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(lazy, "COMMANDS", {"try": "Try."})
    monkeypatch.delenv("WEGENNET_DEBUG", raising=False)
    return module


def test_a_command_that_did_its_work_gives_0(command: ModuleType) -> None:
    assert run(["try"]) == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserMistake("wrong"), 1),
        (PlatformFailure("broken"), 2),
        (StillPending("later"), 3),
        (RuntimeError("odd"), 2),
        (KeyboardInterrupt(), 1),
        (typer.Abort(), 1),
    ],
)
def test_the_exit_code_says_whose_turn_it_is(command: ModuleType, error: BaseException, code: int) -> None:
    command.error = error
    assert run(["try"]) == code


@pytest.mark.parametrize("error", [UserMistake("wrong", where="file", remedy="mend"), RuntimeError("odd")])
def test_nobody_gets_a_traceback(command: ModuleType, error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    command.error = error
    run(["try"])
    answer = capsys.readouterr()
    assert "Traceback" not in answer.err
    assert answer.out == ""


def test_debug_shows_the_traceback(
    command: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEGENNET_DEBUG", "1")
    command.error = RuntimeError("odd")
    run(["try"])
    assert "Traceback" in capsys.readouterr().err


def test_an_error_says_what_where_and_what_to_do(command: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    command.error = UserMistake("the row is wrong", where="list.csv", remedy="Mend it.")
    run(["try"])
    assert capsys.readouterr().err == "Error: list.csv: the row is wrong\nMend it.\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["up", "--nonsense"], ["status", "--code"], ["up", "--timeout=x"]])
def test_a_wrong_use_is_the_persons_turn(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 1
    assert capsys.readouterr().err.startswith("Error: ")


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_the_help_loads_neither_pulumi_nor_the_kubernetes_client() -> None:
    code = (
        "import sys; from wegennet.platform.cli.main import run; run(['--help']);"
        "sys.exit(any(name in sys.modules for name in ('pulumi', 'kubernetes', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", list(lazy.COMMANDS))
def test_every_command_can_be_loaded(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["preview", "up", "status", "doctor", "refresh", "destroy", "env"])
def test_the_list_of_commands_says_what_a_command_says_of_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run([name, "--help"])
    assert lazy.COMMANDS[name] in " ".join(capsys.readouterr().out.split())
