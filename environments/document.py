"""Reads a YAML file as one document that is worth checking: what it says, and on which line each field stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from wegennet.environments.problems import Problem, fail, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Field = tuple[str | int, ...]
"""The way to a field: keys of mappings and indices of lists."""


@dataclass(frozen=True)
class Document:
    """The content of a YAML file; `lines` gives the line of each field that is in a mapping."""

    content: Any
    lines: dict[Field, int]

    def place(self, field: Field) -> str:
        """The line of the field, or of the nearest field above it that is there, and the field's name."""
        known = next((field[:end] for end in range(len(field), 0, -1) if field[:end] in self.lines), None)
        name = ".".join(str(part) for part in field)
        return f"line {self.lines[known]}, {name}" if known else name


def read(file: Path) -> Document:
    """Reads a file.

    Raises:
        UserMistake: it cannot be read, is not UTF-8 or not YAML, or has a key twice in one mapping.
    """
    text = _text(file)
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text) or {}
        fields = list(_fields(tree, ()))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        fail(file, Problem(f"line {line}", f"this is not YAML: {error.problem}"))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        fail(file, Problem(f"line {line}", f"this is not YAML: the character U+{error.character:04X} is not allowed"))
    except RecursionError:
        fail(file, Problem("", "expected a few levels of fields; found too many, or a field that holds itself"))
    except ValueError as error:  # such as the date 2026-13-01
        fail(file, Problem("", f"this is not YAML: {error}"))
    refuse(file, _doubles(fields))
    return Document(content, dict(fields))


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        fail(file, Problem("", f"this file cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        fail(file, Problem("", f"expected UTF-8; found the byte 0x{error.object[error.start]:02x}"))


def _fields(node: yaml.Node | None, above: Field) -> Iterator[tuple[Field, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*above, key.value), key.start_mark.line + 1
            yield from _fields(value, (*above, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _fields(value, (*above, index))


def _doubles(fields: list[tuple[Field, int]]) -> Iterator[Problem]:
    """Fields that are there twice; YAML's own reader would take the last."""
    seen: dict[Field, int] = {}
    for field, line in fields:
        if field in seen:
            name = ".".join(map(str, field))
            yield Problem(f"line {line}, {name}", f"this field is there twice, first on line {seen[field]}")
        seen.setdefault(field, line)
