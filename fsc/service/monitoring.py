"""What orchestration asks of a process, in plain HTTP: `/health/live`, `/health/ready` and `/metrics`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import orjson
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from wegennet.fsc.wire.message import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from prometheus_client import CollectorRegistry

    from wegennet.fsc.wire.message import Request

    Probe = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)

_PATIENCE: Final = 3.0
OK: Final = "ok"


class Monitoring:
    """The health of one process.

    Live while the event loop answers. Ready while it is `serving` and every check passes; the answer names each check
    and what is wrong with it.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._checks: dict[str, Probe] = {}
        self._was = ""
        self.serving = False

    def add_check(self, name: str, probe: Probe) -> None:
        """Adds something that readiness needs: `probe` raises an exception whose text says what is wrong."""
        self._checks[name] = probe

    async def __call__(self, request: Request) -> Response:
        """Answers a request (a `wire` handler)."""
        if request.method not in (b"GET", b"HEAD"):
            return Response(405, [(b"allow", b"GET, HEAD")])
        path = request.target.partition(b"?")[0]
        if path == b"/health/live":
            return _json(200, {"status": OK})
        if path == b"/health/ready":
            return await self._ready()
        if path == b"/metrics":
            return Response(200, [(b"content-type", CONTENT_TYPE_LATEST.encode())], generate_latest(self._registry))
        return Response(
            404, [(b"content-type", b"text/plain")], b"There is /health/live, /health/ready and /metrics.\n"
        )

    async def _ready(self) -> Response:
        results = await asyncio.gather(*(_result(probe) for probe in self._checks.values()))
        checks = {
            "serving": OK if self.serving else "starting or stopping",
            **dict(zip(self._checks, results, strict=True)),
        }
        ready = all(result == OK for result in checks.values())
        self._log_change(checks, ready=ready)
        return _json(200 if ready else 503, {"status": OK if ready else "unavailable", "checks": checks})

    def _log_change(self, checks: dict[str, str], *, ready: bool) -> None:
        now = "ready" if ready else "not ready"
        if now != self._was:
            self._was = now
            log.info(now, checks={name: result for name, result in checks.items() if result != OK})


async def _result(probe: Probe) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await probe()
    except TimeoutError:
        return f"no answer within {_PATIENCE:.0f} s"
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what is wrong with the check)
        return str(error) or type(error).__name__
    return OK


def _json(status: int, value: object) -> Response:
    return Response(
        status, [(b"content-type", b"application/json"), (b"cache-control", b"no-store")], orjson.dumps(value)
    )
