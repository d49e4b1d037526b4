"""Reads the list of municipalities: a CSV file with a header, one municipality a row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wegennet.environments.problems import Problem, fail, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

REQUIRED: Final = ("code", "name", "places")
OVERRIDES: Final = ("oin", "administrators", "size", "ring", "lifecycle", "node_pool")
LIMITS: Final = ("cpu", "memory", "pods", "storage")
CONTACTS: Final = ("technical", "functional", "security", "privacy")
FACTS: Final = ("corop",)
"""Columns for people: kept with the list, used by no rule."""

COLUMNS: Final = (*REQUIRED, *FACTS, *OVERRIDES, *LIMITS, *CONTACTS)


@dataclass(frozen=True)
class Row:
    """One municipality as listed: `number` is its line in the file (the header is 1), `cells` the filled cells."""

    number: int
    cells: dict[str, str]


def read(file: Path, *, required: Sequence[str] = REQUIRED) -> list[Row]:
    """Reads every row of `file`.

    Raises:
        UserMistake: the file is missing, not UTF-8, without municipalities, or has wrong columns or ragged rows.
    """
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        header = next(reader, [])
        refuse(file, _header_problems(header, required))
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        fail(file, Problem(f"row {reader.line_num}", f"this is not CSV: {error}"))
    refuse(file, _line_problems(header, lines))
    return [Row(number, _filled(header, cells)) for number, cells in lines]


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        fail(file, Problem("", "expected the list of municipalities here; found no such file"))
    except OSError as error:
        fail(file, Problem("", f"the list of municipalities cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        fail(file, Problem(f"row {row}", f"expected UTF-8; found the byte 0x{error.object[error.start]:02x}"))


def _header_problems(header: Sequence[str], required: Sequence[str]) -> Iterator[Problem]:
    if not header:
        yield Problem("row 1", f"expected a header with {', '.join(required)}; found an empty file")
        return
    yield from (Problem("row 1", f"the column {name!r} is required") for name in required if name not in header)
    for name in sorted(set(header)):
        if name not in COLUMNS:
            yield Problem("row 1", f"the column {name!r} is not known; known are {', '.join(COLUMNS)}")
        if header.count(name) > 1:
            yield Problem("row 1", f"the column {name!r} is there {header.count(name)} times")


def _line_problems(header: Sequence[str], lines: Sequence[tuple[int, Sequence[str]]]) -> Iterator[Problem]:
    if not lines:
        yield Problem("", "expected municipalities; found only the header")
    for number, cells in lines:
        if len(cells) != len(header):
            yield Problem(f"row {number}", f"expected {len(header)} cells as in the header; found {len(cells)}")


def _filled(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    return {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
