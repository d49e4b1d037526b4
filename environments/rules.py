"""Derives a municipality from its row by the environment's rules; a filled cell goes before a rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from wegennet.environments.model import Municipality
from wegennet.environments.problems import Problem, sentences
from wegennet.environments.rows import CONTACTS, LIMITS

if TYPE_CHECKING:
    from wegennet.environments.model import MunicipalityRules, Size, SizeRule
    from wegennet.environments.rows import Row

TEST_OIN_PREFIX = "00000099"
"""Prefix of generated OINs: the numbers after it are not handed out by Logius."""


def generated_oin(code: str) -> str:
    """The generated OIN of 20 digits: the prefix, the digits of the CBS code padded to 9, and `000`."""
    return f"{TEST_OIN_PREFIX}{code.removeprefix('GM'):0>9}000"


def municipality(row: Row, rules: MunicipalityRules) -> tuple[Municipality | None, list[Problem]]:
    """The municipality of a row, or what is wrong with the row."""
    size, problems = _size(row, rules.sizes)
    if problems:
        return None, problems
    try:
        return Municipality.model_validate(_fields(row, rules, size)), []
    except ValidationError as error:
        return None, [Problem(f"row {row.number}, {_column(row, path)}", text) for path, text in sentences(error)]


def _size(row: Row, rule: SizeRule) -> tuple[str, list[Problem]]:
    places = row.cells.get("places", "")
    if not re.fullmatch("[0-9]{1,9}", places):
        text = f"expected a number of places; found {places!r}"
        return "", [Problem(f"row {row.number}, places", text)]
    return row.cells.get("size", by_places(int(places), rule)), []


def by_places(places: int, rule: SizeRule) -> Size:
    """The size that a municipality with so many places has."""
    if places <= rule.small:
        return "small"
    return "medium" if places <= rule.medium else "large"


def _fields(row: Row, rules: MunicipalityRules, size: str) -> dict[str, Any]:
    cells = row.cells
    code = cells.get("code", "")
    given: dict[str, Any] = {key: cells[key] for key in ("oin", "lifecycle", "node_pool") if key in cells}
    if rules.oin == "test":
        given.setdefault("oin", generated_oin(code))
    return {
        **given,
        "code": code,
        "name": cells.get("name", ""),
        "size": size,
        "ring": cells.get("ring", getattr(rules.rings, size, 0)),
        "administrators": _administrators(row, rules),
        "contacts": [{"role": role, "email": cells[role]} for role in _contacts(row)],
        "limits": {key: cells[key] for key in LIMITS if key in cells},
    }


def _administrators(row: Row, rules: MunicipalityRules) -> list[dict[str, str]]:
    """`Group:beheer;User:j.jansen` in the column, or the group that is named after the municipality."""
    if "administrators" in row.cells:
        parts = (part.strip().partition(":") for part in row.cells["administrators"].split(";"))
        return [{"kind": kind, "name": name} for kind, _, name in parts]
    if rules.administrators == "group":
        return [{"kind": "Group", "name": f"{row.cells.get('code', '').lower()}-administrators"}]
    return []


def _contacts(row: Row) -> list[str]:
    """The roles that the row names a contact for."""
    return [role for role in CONTACTS if role in row.cells]


def _column(row: Row, path: tuple[str | int, ...]) -> str:
    """The column that a field came from: `limits.cpu` from `cpu`, `contacts.0.email` from a contact's role."""
    match path:
        case ("limits", limit, *_):
            return str(limit)
        case ("contacts", int(place), *_):
            return _contacts(row)[place]
    return str(path[0])
