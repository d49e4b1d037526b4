"""The audit log: who did what with which contract, one JSON line each on standard output (AUDITLOG_TYPE stdout).

It has a way of its own to standard output: LOG_LEVEL must not silence it. No signature or token is ever in it.
"""

from __future__ import annotations

from typing import Any, Final

import structlog

_LOG: Final = structlog.wrap_logger(
    structlog.PrintLogger(),
    processors=[
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.EventRenamer("action"),
        structlog.processors.JSONRenderer(),
    ],
    wrapper_class=structlog.BoundLogger,
)


def record(action: str, actor: str, **what: Any) -> None:
    """Writes a line.

    Args:
        action: such as `contract.accept` or `token.issue`.
        actor: who did it: a peer's id, the name in an internal certificate, or the part of the Manager that did it.
        what: the contract, grant or peer that it was done with.
    """
    _LOG.msg(action, log="audit", actor=actor, **what)
