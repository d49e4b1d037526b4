from __future__ import annotations

from support.fsc.conformance import SCENARIOS, Shown, document, rows


def _shown(scenario: str, outcome: str = "passed", test: str = "tests/a.py::test_a") -> Shown:
    return Shown(scenario, test, "Shows something.", outcome)


def test_row_says_scenario_test_and_outcome() -> None:
    assert rows(document([_shown("Manager-PeerInfo-1")])) == [("Manager-PeerInfo-1", "tests/a.py::test_a", "passed")]


def test_rows_are_in_the_order_of_the_suite() -> None:
    text = document([_shown("Inway-Port-1"), _shown("Manager-GetToken-10"), _shown("Manager-GetToken-2")])
    assert [row[0] for row in rows(text)] == ["Manager-GetToken-2", "Manager-GetToken-10", "Inway-Port-1"]


def test_scenario_can_have_two_tests() -> None:
    text = document([_shown("Manager-Services-1"), _shown("Manager-Services-1", test="tests/a.py::test_b")])
    assert [row[1] for row in rows(text)] == ["tests/a.py::test_a", "tests/a.py::test_b"]


def test_scenario_without_a_test_is_named() -> None:
    text = document(_shown(name) for name in SCENARIOS if name != "Manager-Peers-1")
    assert "Scenarios without a test: Manager-Peers-1." in text


def test_complete_document_says_so() -> None:
    assert "Every scenario has a test." in document(_shown(name) for name in SCENARIOS)
