from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from wegennet.fsc.service.logs import configure, redact
from wegennet.fsc.service.secrets import HIDDEN
from wegennet.fsc.service.settings import Settings

JWS = "eyJhbGciOiJFUzI1NiJ9.eyJ0eXBlIjoiYWNjZXB0In0.c2lnbmF0dXJl"


Logged = Callable[[Callable[[], object]], list[dict[str, Any]]]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Logged]:
    """The lines that an action logs, as JSON."""

    def lines(act: Callable[[], object]) -> list[dict[str, Any]]:
        configure(Settings(log_type="live", log_level="info"))
        act()
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    yield lines
    structlog.reset_defaults()
    logging.basicConfig(force=True)


@pytest.mark.parametrize(
    "key",
    ["authorization", "Fsc-Authorization", "access_token", "jws", "dsn", "password", "Set-Cookie", "client_secret"],
)
def test_the_value_of_a_secret_key_is_hidden(key: str) -> None:
    assert redact(None, "", {key: "s3cret"}) == {key: HIDDEN}


def test_a_secret_key_inside_another_value_is_hidden() -> None:
    event = redact(None, "", {"headers": [{"fsc-authorization": "s3cret", "accept": "a"}]})
    assert event == {"headers": [{"fsc-authorization": HIDDEN, "accept": "a"}]}


@pytest.mark.parametrize("text", [f"token {JWS} refused", f"Bearer {JWS}"])
def test_a_token_inside_a_text_is_hidden(text: str) -> None:
    assert JWS[:20] not in redact(None, "", {"event": text})["event"]


def test_a_password_in_a_url_is_hidden() -> None:
    event = redact(None, "", {"event": "cannot reach postgres://fsc:s3cret@db:5432/x"})
    assert event == {"event": f"cannot reach postgres://fsc:{HIDDEN}@db:5432/x"}


def test_what_is_no_secret_stays() -> None:
    event = {"event": "request", "status": 200, "tokens_issued": 5, "ok": True, "peer": None, "url": "https://a:8443/v"}
    assert redact(None, "", dict(event)) == event


def test_a_line_is_one_json_object(logged: Logged) -> None:
    (line,) = logged(lambda: structlog.get_logger("wegennet.fsc").info("started", port=9443))
    assert (line["event"], line["port"], line["level"], line["logger"]) == ("started", 9443, "info", "wegennet.fsc")


def test_the_logs_of_a_library_are_json_too(logged: Logged) -> None:
    (line,) = logged(lambda: logging.getLogger("library").warning("cannot use %s", f"Bearer {JWS}"))
    assert line["event"] == f"cannot use Bearer {HIDDEN}"


def test_an_exception_is_one_line_without_its_secrets(logged: Logged) -> None:
    (line,) = logged(lambda: structlog.get_logger("wegennet.fsc").error("crash", exc_info=RuntimeError(JWS)))
    assert "RuntimeError" in line["exception"]
    assert JWS not in line["exception"]


def test_lines_below_the_level_are_left_out(logged: Logged) -> None:
    assert logged(lambda: structlog.get_logger("wegennet.fsc").debug("detail")) == []


def test_local_logs_are_text() -> None:
    program = (
        "import structlog; from wegennet.fsc.service import logs; from wegennet.fsc.service.settings import Settings;"
        "logs.configure(Settings(log_type='local')); structlog.get_logger('a').info('started', port=1)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "started" in ran.stdout
    assert not ran.stdout.startswith("{")
