from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from wegennet.fsc.service import monitoring
from wegennet.fsc.service.metrics import Metrics
from wegennet.fsc.service.monitoring import Monitoring
from wegennet.fsc.wire.body import NoBody
from wegennet.fsc.wire.message import ClientInfo, Request


@pytest.fixture
def health() -> Monitoring:
    return Monitoring(Metrics().registry)


def ask(health: Monitoring, target: str, method: bytes = b"GET") -> tuple[int, Any]:
    request = Request(method, target.encode(), b"localhost", b"http", [], NoBody(), "1.1", ClientInfo("127.0.0.1"))
    response = asyncio.run(health(request))  # type: ignore[arg-type]
    assert isinstance(response.body, bytes)
    return response.status, response.body


def ready(health: Monitoring) -> tuple[int, dict[str, Any]]:
    status, body = ask(health, "/health/ready")
    return status, orjson.loads(body)["checks"]


async def works() -> None:
    pass


async def fails() -> None:
    raise RuntimeError("The database is not available.")


async def hangs() -> None:
    await asyncio.Event().wait()


def test_a_process_is_live_before_it_serves(health: Monitoring) -> None:
    assert ask(health, "/health/live")[0] == 200


def test_a_process_is_not_ready_before_it_serves(health: Monitoring) -> None:
    assert ready(health) == (503, {"serving": "starting or stopping"})


def test_a_process_is_ready_when_it_serves_and_every_check_passes(health: Monitoring) -> None:
    health.serving = True
    health.add_check("database", works)
    assert ready(health) == (200, {"serving": "ok", "database": "ok"})


def test_a_check_that_fails_says_why(health: Monitoring) -> None:
    health.serving = True
    health.add_check("database", fails)
    assert ready(health) == (503, {"serving": "ok", "database": "The database is not available."})


def test_a_check_that_hangs_has_an_end(health: Monitoring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitoring, "_PATIENCE", 0.01)
    health.serving = True
    health.add_check("database", hangs)
    assert ready(health) == (503, {"serving": "ok", "database": "no answer within 0 s"})


def test_metrics_are_in_the_format_of_prometheus(health: Monitoring) -> None:
    assert b"# TYPE process_cpu_seconds_total counter" in ask(health, "/metrics")[1]


def test_a_query_does_not_matter(health: Monitoring) -> None:
    assert ask(health, "/health/live?probe=1")[0] == 200


def test_there_is_nothing_else(health: Monitoring) -> None:
    assert ask(health, "/")[0] == 404


def test_it_is_for_reading_only(health: Monitoring) -> None:
    assert ask(health, "/health/live", b"POST")[0] == 405
