"""Requests whose JSON is read strictly and whose bodies have an end.

FastAPI by itself accepts duplicate keys, NaN and any depth: two peers could read one contract differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from wegennet.fsc.core import ijson
from wegennet.fsc.core.errors import ErrorCode, FscError, status_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from fastapi import Response

LARGEST_BODY: Final = 2 * 1024 * 1024
_LONGEST_LENGTH: Final = 18
_NUL: Final = "the character NUL (U+0000), which PostgreSQL cannot store"


class RefusedBodyError(HTTPException):
    """An `FscError` in the only shape that FastAPI lets through while it reads a body.

    `unreadable` says that the body is no JSON: an API may have a code of its own for that.
    """

    def __init__(self, code: ErrorCode, message: str, *, unreadable: bool = False) -> None:
        super().__init__(status_of(code), message)
        self.error = FscError(code, message)
        self.unreadable = unreadable


class StrictRequest(Request):
    """A request of at most `LARGEST_BODY` bytes, whose JSON is I-JSON without NUL."""

    _read = False
    _value: Any = None

    async def json(self) -> Any:
        """The body's value.

        Raises:
            RefusedBodyError: the body is too large, or no I-JSON.
        """
        if not self._read:
            self._value = _parsed(await self.body())
            self._read = True
        return self._value

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body's parts, until they are too much."""
        size = _announced(self)
        if size <= LARGEST_BODY:
            size = 0
            async for part in super().stream():
                size += len(part)
                if size > LARGEST_BODY:
                    break
                yield part
        if size > LARGEST_BODY:
            raise RefusedBodyError(ErrorCode.BODY_TOO_LARGE, f"The body is larger than {LARGEST_BODY} bytes.")


class StrictRoute(APIRoute):
    """A route whose handler gets a `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler as FastAPI made it, with the request replaced."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
                raise FscError(ErrorCode.INVALID_REQUEST, f"The address of the request holds {_NUL}.")
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly


def router(prefix: str = "/v1", **options: Any) -> APIRouter:
    """A router for `api`: only routes that it makes are strict."""
    return APIRouter(prefix=prefix, route_class=StrictRoute, **options)


def _parsed(body: bytes) -> Any:
    try:
        value = ijson.parse(body)
    except ijson.InvalidJsonError as error:
        raise RefusedBodyError(ErrorCode.INVALID_REQUEST, str(error), unreadable=True) from None
    if b"\\u0000" in body and _holds_nul(value):
        raise RefusedBodyError(ErrorCode.INVALID_REQUEST, f"A string holds {_NUL}.", unreadable=True)
    return value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for item in value.items() for part in item)
    return isinstance(value, list) and any(_holds_nul(item) for item in value)


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) <= _LONGEST_LENGTH else 0
