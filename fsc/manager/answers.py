"""Answers that are written from the tables, without a model in between: what is in them was checked on its way in."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Response


def json_answer(value: Any) -> Response:
    """A JSON value as an answer."""
    return Response(orjson.dumps(value), media_type="application/json")
