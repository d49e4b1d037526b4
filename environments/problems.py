"""What is wrong in an environment's files, collected so that a person sees all of it at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from wegennet.console.errors import UserMistake

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import ValidationError

_SHOWN = 25
"""So many problems are written out; a list with more has one cause, and a person finds it in these."""


@dataclass(frozen=True)
class Problem:
    """One fault: `place` is the line or row and the field, `text` what was expected and found."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


def refuse(file: Path, problems: Iterable[Problem]) -> None:
    """Raises `UserMistake` with every problem of `file`; does nothing when there is none."""
    found = list(problems)
    if found:
        fail(file, *found)


def fail(file: Path, *found: Problem) -> NoReturn:
    """Raises `UserMistake` with these problems of `file`."""
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    more = [f"  … and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    lines = [f"  {problem}" for problem in found[:_SHOWN]]
    raise UserMistake("\n".join([count, *lines, *more]), where=str(file), remedy="Mend the file and run this again.")


def sentences(error: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """What pydantic found: for each fault the path to the field, and what was expected and found."""
    return [(fault["loc"], _sentence(fault["type"], fault["msg"], fault["input"])) for fault in error.errors()]


def _sentence(kind: str, message: str, found: object) -> str:
    if kind == "missing":
        return "this field is required and was not found"
    if kind == "extra_forbidden":
        return "this field is not known here"
    expected = message.removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{expected}; found {found!r}"
