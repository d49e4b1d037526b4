"""Structured logs on standard output, without secrets: one JSON object a line, or text for a person's terminal."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any, Final

import structlog

from wegennet.fsc.service.secrets import HIDDEN, without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wegennet.fsc.service.settings import Settings

_SECRET_KEYS: Final = re.compile(r"authorization|token$|jws|dsn|password|secret|cookie|private_?key", re.IGNORECASE)
_LEVELS: Final = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}


def configure(settings: Settings) -> None:
    """Sends everything that is logged in this process, by us or by a library, through one renderer."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                _renderer(settings),
            ],
        )
    )
    logging.basicConfig(level=_LEVELS[settings.log_level], handlers=[handler], force=True)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("psycopg").setLevel(logging.WARNING)


def redact(_logger: Any, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Hides the values of keys that hold secrets, and tokens and passwords inside any text."""
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: str, value: Any) -> Any:
    if _SECRET_KEYS.search(key) and value is not None:
        return HIDDEN
    if isinstance(value, dict):
        return _hidden_items(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return without_secrets(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _hidden_items(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): _hidden(str(key), item) for key, item in value.items()}


def _renderer(settings: Settings) -> structlog.types.Processor:
    if settings.log_type == "live":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
