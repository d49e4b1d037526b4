"""Loads an environment: `environment.yaml` and the list of municipalities beside it, with all faults said at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from wegennet.console.errors import UserMistake
from wegennet.environments import rows, rules
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
    content, lines = _yaml(file)
    try:
        return Declaration.model_validate(content)
    except ValidationError as error:
        fail(file, *(Problem(_place(path, lines), text) for path, text in sentences(error)))


def _yaml(file: Path) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """The content of a YAML file, and the line that each field stands on."""
    try:
        text = file.read_bytes().decode("utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        return yaml.safe_load(text) or {}, dict(_lines(tree, ())) if tree else {}
    except UnicodeDecodeError as error:
        fail(file, Problem("", f"expected UTF-8; found the byte 0x{error.object[error.start]:02x}"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        fail(file, Problem(f"line {line}", f"this is not YAML: {error.problem}"))


def _lines(node: yaml.Node, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), key.start_mark.line + 1
            yield from _lines(value, (*path, key.value))


def _place(path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> str:
    """The line of the field, or of the nearest field above it that is there, and the field's name."""
    known = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in lines), None)
    field = ".".join(str(part) for part in path)
    return f"line {lines[known]}, {field}" if known else field


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
