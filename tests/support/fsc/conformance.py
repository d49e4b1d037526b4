"""The scenarios of the standard's own test suite: marks tests with them, and writes down how each fared.

`pytest tests/integration/fsc/conformance --fsc-conformance docs/fsc-conformance.md` writes the document.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MARK = "fsc_scenario"


def scenario(name: str) -> Callable[[Any], Any]:
    """Marks a test as the one of a scenario, e.g. `Manager-SubmitContract-1`."""
    mark: pytest.MarkDecorator = getattr(pytest.mark, MARK)
    return mark(name)


@dataclass(frozen=True, order=True)
class Shown:
    """A test of a scenario.

    Attributes:
        scenario: its id.
        test: the test's node id.
        what: what the test shows, in our words.
        outcome: passed, failed or skipped.
    """

    scenario: str
    test: str
    what: str
    outcome: str


NUMBERED = {
    "Manager-SubmitContract": 12,
    "Manager-AcceptContract": 9,
    "Manager-RejectContract": 7,
    "Manager-RevokeContract": 7,
    "Manager-Contracts": 2,
    "Manager-Services": 4,
    "Manager-GetToken": 11,
    "Manager-PeerInfo": 1,
    "Manager-Peers": 1,
    "Manager-TransactionLogRecord": 1,
    "Manager-Port": 1,
    "Manager-JSONWebKeySet": 1,
    "Inway-Incoming-Request": 6,
    "Inway-TransactionLog": 6,
    "Inway-Port": 1,
    "Outway-IncomingRequest": 3,
    "Outway-TransactionLog": 5,
    "Integration-ConsumeService": 2,
    "Integration-ConsumeServiceAsDelegatee": 1,
    "Integration-ConsumeDelegatedService": 2,
    "Integration-TransactionLog": 1,
}
"""How many scenarios the suite has of each kind, numbered from 1."""

SCENARIOS = [f"{kind}-{number}" for kind, count in NUMBERED.items() for number in range(1, count + 1)]
"""Every scenario, in the suite's order."""


def standard(name: str) -> str:
    """The standard that a scenario is of."""
    return "Logging 1.1.0" if "TransactionLog" in name else "Core 2.0.0"


HEAD = """# Conformance of the FSC peer

Written by `make fsc-conformance` from the results of the tests; not by hand.

The scenarios are those of the public test suite of the standard (`Logius-standaarden/fsc-test-suite`). Each test runs
over mutual TLS against a group of real processes with PostgreSQL: a directory and three peers.

Where the suite is unclear:
- `Manager-Services-1` is the id of two scenarios; both have a test.
- `Manager-TransactionLogRecord-1` is called `Manager-TransactionLogRecords-1` further on, and
  `Integration-TransactionLog-1` is called `Integration-Transaction-1`. We use the names of the overviews.
- `Manager-SubmitContract-10` has the description of `Manager-SubmitContract-9` in the overview; its scenario is about
  an unknown hash algorithm, and so is our test.
- `Manager-GetToken-3` is about a revoked contract, yet its outcome is that of another scenario (a token). A contract
  that was revoked gives no token: the request has to be refused, and that is what our test asks for.
- `Manager-Port-1` and `Inway-Port-1` ask for one of the ports 443 and 8443; the group of the tests has 8443.

| Scenario | Standard | What the test shows | Test | Outcome |
|---|---|---|---|---|
"""


def document(shown: Iterable[Shown]) -> str:
    """The document: a row for each test, in the suite's order, and what does not apply or is missing below."""
    rows = sorted(shown, key=lambda row: (SCENARIOS.index(row.scenario), row.test))
    lines = [
        f"| {row.scenario} | {standard(row.scenario)} | {row.what} | `{row.test}` | {row.outcome} |" for row in rows
    ]
    missing = [name for name in SCENARIOS if name not in {row.scenario for row in rows}]
    tail = ["", f"Scenarios without a test: {', '.join(missing)}." if missing else "Every scenario has a test."]
    return HEAD + "\n".join([*lines, *tail]) + "\n"


def rows(text: str) -> list[tuple[str, str, str]]:
    """Scenario, test and outcome of each row of a document."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [(row[0], row[3].strip("`"), row[4]) for row in cells[2:]]


class Recorder:
    """Collects the outcome of each scenario's test and writes the document at the end of the run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._shown: dict[str, Shown] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Notes which test shows which scenario."""
        for item in items:
            for mark in item.iter_markers(MARK):
                what = (inspect.getdoc(getattr(item, "function", None)) or "").split("\n\n")[0].replace("\n", " ")
                self._shown[item.nodeid] = Shown(mark.args[0], item.nodeid, what, "not run")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the worst outcome of a test's phases."""
        row = self._shown.get(report.nodeid)
        if row is not None and row.outcome in {"not run", "passed"}:
            self._shown[report.nodeid] = Shown(row.scenario, row.test, row.what, report.outcome)

    def pytest_sessionfinish(self) -> None:
        """Writes the file."""
        self._file.write_text(document(self._shown.values()))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption("--fsc-conformance", type=Path, help="file for the outcome of the FSC scenarios, as Markdown")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Makes the mark known, and starts to collect when the document is wanted."""
    config.addinivalue_line("markers", f"{MARK}(id): the test of a scenario of the standard's test suite")
    if file := config.getoption("--fsc-conformance"):
        config.pluginmanager.register(Recorder(file))
