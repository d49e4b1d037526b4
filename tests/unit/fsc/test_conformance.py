"""The document in docs/ is that of the tests as they are now, and all of them passed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from support.fsc.conformance import SCENARIOS, rows

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests" / "integration" / "fsc" / "conformance"


def _scenario(function: ast.FunctionDef) -> str | None:
    """The argument of a function's `@scenario(...)`."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "scenario":
            return str(ast.literal_eval(decorator.args[0]))
    return None


@pytest.fixture(scope="module")
def tests() -> dict[str, str]:
    """The scenario of each test, by its node id."""
    return {
        f"{file.relative_to(ROOT)}::{node.name}": name
        for file in TESTS.glob("test_*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and (name := _scenario(node))
    }


@pytest.fixture(scope="module")
def committed() -> list[tuple[str, str, str]]:
    return rows((ROOT / "docs" / "fsc-conformance.md").read_text())


def test_every_scenario_has_a_test(tests: dict[str, str]) -> None:
    assert set(tests.values()) == set(SCENARIOS)


def test_name_of_a_test_has_its_scenario(tests: dict[str, str]) -> None:
    assert [test for test, name in tests.items() if name.lower().replace("-", "_") not in test] == []


def test_document_lists_exactly_these_tests(tests: dict[str, str], committed: list[tuple[str, str, str]]) -> None:
    assert {test: name for name, test, _ in committed} == tests


def test_document_says_that_all_passed(committed: list[tuple[str, str, str]]) -> None:
    assert {outcome for _, _, outcome in committed} == {"passed"}
