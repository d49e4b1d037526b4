"""Calls to an API without a server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

Answered = tuple[int, dict[str, str], Any]


@dataclass
class Caller:
    """Calls `app` and gives status, headers and the JSON of the answer."""

    app: FastAPI
    state: dict[str, Any]

    def __call__(
        self, method: str, path: str, body: bytes | list[bytes] = b"", headers: dict[str, str] | None = None
    ) -> Answered:
        return asyncio.run(self._call(method, path, [body] if isinstance(body, bytes) else body, headers or {}))

    async def _call(self, method: str, path: str, parts: list[bytes], headers: dict[str, str]) -> Answered:
        route, _, query = path.partition("?")
        given = {"content-type": "application/json", **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": route,
            "raw_path": route.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "server": ("localhost", 443),
            "state": self.state,
        }
        waiting = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        waiting.append({"type": "http.request", "body": b"", "more_body": False})
        sent: list[Any] = []

        async def receive() -> Any:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, *rest = sent
        answered = b"".join(message.get("body", b"") for message in rest)
        names = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return start["status"], names, json.loads(answered) if answered else None


@pytest.fixture
def calling() -> Callable[[FastAPI], Caller]:
    """Makes a caller of an app."""
    return lambda app, **state: Caller(app, state)
