"""Options of the whole run: how many municipalities the scenarios have, and where the result is kept."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres import Postgres

pytest_plugins = ["support.fsc.conformance"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    parser.addoption("--municipalities", type=int, default=12, help="municipalities in the end-to-end scenarios")
    parser.addoption("--result", type=Path, help="file for the result of the run, as JSON")


@pytest.fixture(scope="session")
def count(request: pytest.FixtureRequest) -> int:
    """How many municipalities a scenario has."""
    return int(request.config.getoption("--municipalities"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One real PostgreSQL server for the whole run: `.fresh_database()`."""
    from support.postgres import Postgres  # noqa: PLC0415 (only those who need it load the driver)

    with Postgres() as server:
        yield server


class Result:
    """Collects the outcome of each test and writes it at the end of the run."""

    def __init__(self, file: Path, municipalities: int) -> None:
        self._file = file
        self._municipalities = municipalities
        self._began = time.monotonic()
        self._tests: dict[str, dict[str, object]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the worst outcome of a test's phases and the time of its call."""
        test = self._tests.setdefault(report.nodeid, {"outcome": "passed", "seconds": 0.0})
        if report.outcome != "passed":
            test["outcome"] = report.outcome
        if report.when == "call":
            test["seconds"] = round(report.duration, 2)

    def pytest_sessionfinish(self) -> None:
        """Writes the file."""
        outcomes = [test["outcome"] for test in self._tests.values()]
        result = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "municipalities": self._municipalities,
            "seconds": round(time.monotonic() - self._began),
            **{outcome: outcomes.count(outcome) for outcome in ("passed", "failed", "skipped")},
            "tests": dict(sorted(self._tests.items())),
        }
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_text(json.dumps(result, indent=1) + "\n")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Starts to collect when the result is wanted."""
    if file := config.getoption("--result"):
        config.pluginmanager.register(Result(file, config.getoption("--municipalities")))
