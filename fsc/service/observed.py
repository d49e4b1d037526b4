"""Around every API: counts, times and logs each request, and answers what the API itself could not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from wegennet.fsc.service.metrics import Metrics
    from wegennet.fsc.service.problems import Problems

log = structlog.get_logger(__name__)

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observed:
    """ASGI middleware.

    Args:
        app: what it is around.
        name: of the API, in metrics and logs.
        metrics: where requests are counted.
        problems: how an unexpected exception is answered.
    """

    def __init__(self, app: ASGIApp, *, name: str, metrics: Metrics, problems: Problems) -> None:
        self._app = app
        self._name = name
        self._metrics = metrics
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on; an exception of the API becomes a 500 when nothing was answered yet."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def observing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observing)
        except Exception as error:
            log.exception("request failed", api=self._name, method=scope["method"], path=_route(scope), exc_info=error)
            if status == 0:
                await self._problems.unexpected()(scope, receive, observing)
        self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        # A client can make up methods without end; each would be a time series for ever.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.observe_request(self._name, method, _route(scope), status, seconds)
        log.debug("request", api=self._name, method=scope["method"], path=scope["path"], status=status, seconds=seconds)


def _route(scope: Scope) -> str:
    """The template of the path: what is asked for must not make a new time series each."""
    route: Any = scope.get("route")
    return getattr(route, "path", "none")
