"""The HTTP APIs of our processes: FastAPI with strict JSON, bounded bodies, FSC's errors, and no pages of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI

from wegennet.fsc.core.errors import ErrorCode, ErrorDomain
from wegennet.fsc.service.observed import Observed
from wegennet.fsc.service.openapi import operation_id
from wegennet.fsc.service.problems import Problems

if TYPE_CHECKING:
    from fastapi import APIRouter
    from fastapi.telemetry import TelemetryConfig

    from wegennet.fsc.service.metrics import Metrics

_NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


def api(
    title: str,
    *routers: APIRouter,
    metrics: Metrics,
    version: str = "1.0.0",
    domain: ErrorDomain = ErrorDomain.MANAGER,
    malformed: ErrorCode = ErrorCode.INVALID_REQUEST,
    **options: Any,
) -> FastAPI:
    """An API of routes that `strict.router` made.

    Args:
        title: its name, in its OpenAPI document, metrics and logs.
        routers: its routes.
        metrics: where requests are counted.
        version: of the API.
        domain: the component that its errors are of.
        malformed: code for a body that is no JSON or has the wrong shape; with status 400.
        options: further ones of FastAPI, such as `description`.
    """
    app = FastAPI(
        title=title,
        version=version,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        generate_unique_id_function=operation_id,
        **options,
    )
    problems = Problems(domain, malformed, [route for router in routers for route in router.routes])
    problems.install(app)
    app.add_middleware(Observed, name=title, metrics=metrics, problems=problems)
    for router in routers:
        app.include_router(router)
    return app
