"""Errors as every API of ours answers them: `{message, domain, code}` and the header `Fsc-Error-Code` (Core 4.1.7).

Nothing of the inside gets out: an unexpected exception is logged, and answered with a sentence that says where to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.service.strict import RefusedBodyError
from wegennet.fsc.storage.errors import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI, Request, Response
    from starlette.routing import BaseRoute

    from wegennet.fsc.core.errors import ErrorDomain

log = structlog.get_logger(__name__)

_BY_STATUS: Final = {
    404: (ErrorCode.NOT_FOUND, "There is nothing at this path."),
    405: (ErrorCode.METHOD_NOT_ALLOWED, "This path does not have this method."),
}
_METHOD_NOT_ALLOWED: Final = 405
_SHOWN: Final = 5


class Problems:
    """Answers the errors of one API.

    Args:
        domain: the component that its errors are of.
        malformed: the code for a body that is no JSON or has the wrong shape; with status 400.
        routes: all that the API has.
    """

    def __init__(self, domain: ErrorDomain, malformed: ErrorCode, routes: Sequence[BaseRoute]) -> None:
        self._domain = domain
        self._routes = routes
        self._malformed = malformed

    def install(self, app: FastAPI) -> None:
        """Lets `app` answer its errors so."""
        app.add_exception_handler(FscError, self._fsc)
        app.add_exception_handler(RequestValidationError, self._invalid)
        app.add_exception_handler(HTTPException, self._http)
        app.add_exception_handler(DatabaseUnavailableError, self._unavailable)

    def answer(self, error: FscError, headers: Mapping[str, str] | None = None) -> Response:
        """The answer to an error."""
        later = {"Retry-After": "5"} if error.code is ErrorCode.UNAVAILABLE else {}
        return JSONResponse(
            {"message": error.message, "domain": self._domain, "code": error.code},
            status_code=error.status,
            headers={**(headers or {}), **later, "Fsc-Error-Code": error.code},
        )

    def unexpected(self) -> Response:
        """The answer to an exception that nobody foresaw."""
        message = "Something went wrong inside; the component's log has it."
        return self.answer(FscError(ErrorCode.INTERNAL, message))

    async def _fsc(self, _: Request, error: Exception) -> Response:
        assert isinstance(error, FscError)  # noqa: S101 (what the handler is installed for)
        return self.answer(error)

    async def _invalid(self, _: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        mistakes = error.errors()
        code = self._malformed if mistakes[0]["loc"][0] == "body" else ErrorCode.INVALID_REQUEST
        return self.answer(FscError(code, _sentence(mistakes), status=400))

    async def _http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        if isinstance(error, RefusedBodyError):
            return self.answer(self._refused(error))
        code, message = _BY_STATUS.get(error.status_code, (ErrorCode.INVALID_REQUEST, "The request cannot be read."))
        headers = {"Allow": self._allowed(request)} if error.status_code == _METHOD_NOT_ALLOWED else error.headers
        return self.answer(FscError(code, message, status=error.status_code), headers)

    def _allowed(self, request: Request) -> str:
        """The methods of a path: of all routes that it fits, where Starlette tells those of the first alone."""
        fitting = [route for route in self._routes if route.matches(request.scope)[0] is not Match.NONE]
        return ", ".join(sorted({method for route in fitting for method in getattr(route, "methods", None) or ()}))

    def _refused(self, error: RefusedBodyError) -> FscError:
        return FscError(self._malformed, error.error.message, status=400) if error.unreadable else error.error

    async def _unavailable(self, _: Request, error: Exception) -> Response:
        log.warning("request refused: no database", reason=str(error))
        message = "The database of this component is not available now; try again later."
        return self.answer(FscError(ErrorCode.UNAVAILABLE, message))


def _sentence(mistakes: Sequence[Any]) -> str:
    """What is wrong where, without the values: they may be secret, and are the caller's own."""
    said = [f"{_place(mistake['loc'])}: {_rule(mistake)}" for mistake in mistakes[:_SHOWN]]
    more = len(mistakes) - len(said)
    return "; ".join(said) + (f"; and {more} more." if more else ".")


def _place(loc: Sequence[Any]) -> str:
    where, *path = [str(part) for part in loc]
    name = ".".join(path)
    if where == "body":
        return f"body, {name}" if name else "body"
    return f"{where} parameter {name}"


def _rule(mistake: Any) -> str:
    """What must be; a validator of ours says it itself, which pydantic marks as a value error."""
    text = str(mistake["ctx"]["error"]) if mistake["type"] == "value_error" else mistake["msg"]
    return (text[:1].lower() + text[1:]).rstrip(".")
