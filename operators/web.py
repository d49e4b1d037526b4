"""The operator's own HTTP endpoints: `/livez`, `/readyz` and `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

if TYPE_CHECKING:
    from collections.abc import Callable


def application(ready: Callable[[], bool], registry: CollectorRegistry) -> web.Application:
    """The endpoints: live while the event loop answers; not ready is 503."""

    async def livez(_: web.Request) -> web.Response:
        return _check(passed=True)

    async def readyz(_: web.Request) -> web.Response:
        return _check(passed=ready())

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return app


def _check(*, passed: bool) -> web.Response:
    return web.Response(text="ok\n") if passed else web.Response(status=503, text="not ready\n")
