from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import Field

from wegennet.fsc.cli import reference
from wegennet.fsc.service.settings import Settings

DOCUMENT = Path(__file__).parents[4] / "docs" / "fsc.md"


class _Example(Settings):
    group_id: str = Field(description="of the group", examples=["a.group"])
    ttl: timedelta = timedelta(hours=1, minutes=30)
    strict: bool = False
    address: str | None = None


@pytest.fixture(scope="module")
def rows() -> list[str]:
    return reference.table(_Example).splitlines()


def test_variable_that_has_to_be_set_says_so(rows: list[str]) -> None:
    assert "| `GROUP_ID` | of the group | has to be set, such as `a.group` |" in rows


def test_time_is_written_as_go_does(rows: list[str]) -> None:
    assert "| `TTL` |  | `1h30m` |" in rows


def test_truth_is_written_as_in_an_environment(rows: list[str]) -> None:
    assert "| `STRICT` |  | `false` |" in rows


def test_variable_that_may_be_absent_has_no_default(rows: list[str]) -> None:
    assert "| `ADDRESS` |  |  |" in rows


def test_document_has_a_table_for_each_component() -> None:
    assert {name for name in reference.SETTINGS if f"<!-- variables: {name} -->" in DOCUMENT.read_text()} == set(
        reference.SETTINGS
    )


def test_tables_of_the_document_are_up_to_date() -> None:
    text = DOCUMENT.read_text()
    assert reference.written(text) == text


@pytest.mark.parametrize("component", reference.SETTINGS)
def test_every_variable_is_explained(component: str) -> None:
    fields = reference.settings_of(component).model_fields
    assert [name for name, info in fields.items() if not info.description] == []
