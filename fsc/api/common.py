"""What the HTTP APIs have in common: base models, pages, errors, addresses.

Messages ignore keys that they do not know, so that newer peers can talk to older ones; `Request` bodies of our own
APIs refuse them, so that a mistyped field is no surprise later.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from wegennet.fsc.core.errors import ErrorCode, ErrorDomain

DEFAULT_LIMIT: Final = 25
MAX_LIMIT: Final = 1000

_HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


class Message(BaseModel):
    """A body of an exchange between peers, or an answer."""

    # What we answer has all members, also those that others may leave out.
    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)


class Request(Message):
    """A body that our own tools send."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SortOrder(StrEnum):
    """The order of a list, by time of creation unless the list says otherwise."""

    ASCENDING = "SORT_ORDER_ASCENDING"
    DESCENDING = "SORT_ORDER_DESCENDING"


class Pagination(Message):
    """Where the next page starts; empty after the last page."""

    next_cursor: str = ""


class ErrorBody(Message):
    """What is answered with a status of 400 or higher (OpenAPI `error`)."""

    message: str
    domain: ErrorDomain
    code: ErrorCode


class ReceivedError(Message):
    """The same as another peer sent it, whose codes need not be ours."""

    message: str = ""
    domain: str = ""
    code: str = ""


class Query(BaseModel):
    """Parameters in the address of a request; lists are comma-separated."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters that were set, as a client sends them; empty ones are left out."""
        given = self.model_dump(mode="json", exclude_none=True, exclude_unset=True)
        texts = [(name, ",".join(value) if isinstance(value, list) else str(value)) for name, value in given.items()]
        return [(name, text) for name, text in texts if text]


class Page(Query):
    """Which page of a list."""

    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    sort_order: SortOrder = SortOrder.DESCENDING


def _separated(value: Any) -> Any:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple):
        return value
    return [part for text in texts for part in (text.split(",") if isinstance(text, str) else [text]) if part != ""]


CommaSeparated: TypeAlias = Annotated[list[str], BeforeValidator(_separated)]


def _is_https(address: str) -> str:
    parts = _split(address)
    if parts is None or parts.scheme != "https" or not parts.port or parts.path not in ("", "/"):
        raise ValueError("it must be an https URL with a port and without a path, as https://inway.example.nl:443")
    return address


def _is_endpoint(address: str) -> str:
    parts = _split(address)
    if parts is None or parts.scheme not in ("http", "https"):
        raise ValueError("it must be an http or https URL without query, as http://service.example.nl:8080/v1")
    return address


def _split(address: str) -> SplitResult | None:
    """A URL of a host, without user, query or fragment; `None` when it is no such thing."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if not _HOST.fullmatch(parts.hostname or "") or port == 0 or "@" in parts.netloc:
        return None
    return None if parts.query or parts.fragment else parts


HttpsAddress: TypeAlias = Annotated[str, StringConstraints(max_length=255), AfterValidator(_is_https)]
EndpointUrl: TypeAlias = Annotated[str, StringConstraints(max_length=2048), AfterValidator(_is_endpoint)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern="^[a-zA-Z0-9-._]{1,100}$")]
