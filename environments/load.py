"""Loads an environment: `environment.yaml` and the list of municipalities beside it, with all faults said at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from wegennet.console.errors import UserMistake
from wegennet.environments import document, rows, rules
from wegennet.environments.model import Declaration, Environment, Municipality
from wegennet.environments.problems import Problem, fail, refuse, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wegennet.environments.rows import Row

FOLDER = Path(__file__).resolve().parent
"""Where the declared environments are, one folder each."""

_FILE = "environment.yaml"


def load(name: str) -> Environment:
    """Loads the environment of this name, or the one in the folder of this path.

    Raises:
        UserMistake: there is no such environment, or its files are wrong; the message names file, row and field.
    """
    file = folder(name) / _FILE
    declared = _declaration(file)
    return Environment(
        name=declared.name,
        folder=file.parent,
        cluster=declared.cluster,
        domain=declared.domain,
        operator=declared.operator,
        subjects=declared.subjects,
        municipalities=tuple(_municipalities(file.parent / declared.municipalities.file, declared)),
    )


def folder(name: str) -> Path:
    """The folder of an environment: a path as given, or a name in `environments/`."""
    given = Path(name).expanduser()
    found = next((place for place in (FOLDER / name, given) if (place / _FILE).is_file()), None)
    if found is None:
        known = sorted(place.parent.name for place in FOLDER.glob(f"*/{_FILE}"))
        raise UserMistake(
            f"there is no environment {name!r}",
            where=str(given / _FILE if given.is_dir() else FOLDER),
            remedy=f"Use one of {', '.join(known)}, or the path of a folder that holds {_FILE}.",
        )
    return found.resolve()


def _declaration(file: Path) -> Declaration:
    declared = document.read(file)
    try:
        return Declaration.model_validate(declared.content)
    except ValidationError as error:
        fail(file, *(Problem(declared.place(field), text) for field, text in sentences(error)))


def _municipalities(file: Path, declared: Declaration) -> list[Municipality]:
    required = [*rows.REQUIRED]
    required += [column for column in ("oin", "administrators") if getattr(declared.municipalities, column) == "column"]
    listed = rows.read(file, required=required)
    derived = [rules.municipality(row, declared.municipalities) for row in listed]
    problems = [problem for _, found in derived for problem in found]
    refuse(file, [*problems, *_doubles(listed, [tenant for tenant, _ in derived])])
    return [tenant for tenant, _ in derived if tenant]


def _doubles(listed: Sequence[Row], tenants: Sequence[Municipality | None]) -> Iterator[Problem]:
    """Codes and OINs that more than one row has."""
    seen: dict[tuple[str, str], int] = {}
    for row, tenant in zip(listed, tenants, strict=True):
        for field in ("code", "oin") if tenant else ():
            value = getattr(tenant, field)
            first = seen.setdefault((field, value), row.number)
            if first != row.number:
                yield Problem(f"row {row.number}, {field}", f"{value} is that of row {first} as well")
