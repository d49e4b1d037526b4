"""A client of JSON APIs: bounded in time and size, with the server's own sentence in its errors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import orjson
from pydantic import BaseModel, ValidationError

from wegennet.fsc.core import ijson
from wegennet.fsc.wire.errors import WireError
from wegennet.fsc.wire.limits import Timeouts
from wegennet.fsc.wire.message import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wegennet.fsc.api.common import Query
    from wegennet.fsc.wire.message import Body, Headers
    from wegennet.fsc.wire.pool import ClientPool

M = TypeVar("M", bound=BaseModel)

LARGEST_ANSWER: Final = 16 * 1024 * 1024
_PORTS: Final = {"https": 443, "http": 80}
_SUCCESS: Final = range(200, 300)
_SERVER_FAULT: Final = 500
_TOO_MANY: Final = 429


class CallError(Exception):
    """A call failed; the message says which, and why."""

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later."""
        return True


class UnreachableError(CallError):
    """There was no answer, or one that cannot be read."""


class AnswerError(CallError):
    """The server answered with an error.

    Attributes:
        status: of HTTP.
        code: what `Fsc-Error-Code` said, or empty.
        reason: the server's own sentence, or empty.
    """

    def __init__(self, call: str, status: int, code: str, reason: str) -> None:
        super().__init__(f"{call} was answered with {status}{f': {reason}' if reason else '.'}")
        self.status = status
        self.code = code
        self.reason = reason

    @property
    def retryable(self) -> bool:
        """Whether the fault is the server's."""
        return self.status >= _SERVER_FAULT or self.status == _TOO_MANY


class ApiClient:
    """Calls one API.

    Args:
        pool: connections, with the TLS of the caller.
        base_url: `https://host:port` or with a path such as `/v1` that goes before every path.
        seconds: for a whole call, its answer included.
        timeouts: for the steps of it.
    """

    def __init__(
        self, pool: ClientPool, base_url: str, *, seconds: float = 30.0, timeouts: Timeouts | None = None
    ) -> None:
        parts = urlsplit(base_url)
        self.base_url = base_url.rstrip("/")
        self._pool = pool
        self._origin = Origin(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._prefix = parts.path.rstrip("/")
        self._seconds = seconds
        self._timeouts = timeouts or Timeouts(connect=5.0, head=20.0, idle=10.0)

    async def get(self, path: str, answer: type[M], *, query: Query | None = None) -> M:
        """What is at `path`, as an `answer`.

        Raises:
            CallError: `AnswerError`, or `UnreachableError`.
        """
        return self._read(answer, path, await self.call("GET", path, query=query))

    async def post(self, path: str, body: Any, answer: type[M], *, headers: Mapping[str, str] | None = None) -> M:
        """Posts a model or a JSON value; gives the answer.

        Raises:
            CallError: `AnswerError`, or `UnreachableError`.
        """
        return self._read(answer, path, await self.call("POST", path, body=body, headers=headers))

    async def put(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> None:
        """Puts a model or a JSON value, or nothing but the request itself.

        Raises:
            CallError: `AnswerError`, or `UnreachableError`.
        """
        await self.call("PUT", path, body=body, headers=headers)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """One call; gives the octets of a successful answer.

        Raises:
            CallError: `AnswerError`, or `UnreachableError`.
        """
        name = f"{method} {self.base_url}{path}"
        try:
            async with asyncio.timeout(self._seconds):
                return await self._call(name, method, path + _query(query), body, headers or {})
        except TimeoutError:
            raise UnreachableError(f"{name} took longer than {self._seconds:.0f} s.") from None
        except WireError as error:
            raise UnreachableError(f"{name} failed: {error}") from error

    async def _call(self, name: str, method: str, target: str, body: Any, headers: Mapping[str, str]) -> bytes:
        content = b"" if body is None else _dump(body)
        fields: Headers = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
        fields.append((b"accept", b"application/json"))
        if body is not None:
            fields.append((b"content-type", b"application/json"))
        request = self._pool.request(
            self._origin,
            method.encode(),
            (self._prefix + target).encode(),
            fields,
            body=content,
            timeout=self._timeouts,
        )
        async with request as response:
            answered = await _whole(name, response.body)
        if response.status not in _SUCCESS:
            raise _error(name, response.status, answered)
        return answered

    def _read(self, answer: type[M], path: str, content: bytes) -> M:
        try:
            ijson.parse(content)
            return answer.model_validate_json(content)
        except (ijson.InvalidJsonError, ValidationError) as error:
            raise UnreachableError(f"The answer of {self.base_url}{path} cannot be read: {_first(error)}") from error


def _dump(body: Any) -> bytes:
    if isinstance(body, BaseModel):
        return body.model_dump_json().encode()
    return orjson.dumps(body)


def _query(query: Query | None) -> str:
    parts = [f"{name}={quote(value, safe=',')}" for name, value in (query.pairs() if query else [])]
    return f"?{'&'.join(parts)}" if parts else ""


async def _whole(name: str, body: Body) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in body:
        size += len(part)
        if size > LARGEST_ANSWER:
            raise UnreachableError(f"The answer to {name} is larger than {LARGEST_ANSWER} bytes.")
        parts.append(part)
    return b"".join(parts)


def _error(name: str, status: int, content: bytes) -> AnswerError:
    """The server's error, as FSC writes it or else without a sentence."""
    try:
        said = ijson.parse(content)
    except ijson.InvalidJsonError:
        said = None
    known = said if isinstance(said, dict) else {}
    return AnswerError(name, status, str(known.get("code", "")), str(known.get("message", ""))[:1000])


def _first(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        mistake = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in mistake['loc'])}: {mistake['msg']}"
    return str(error)
