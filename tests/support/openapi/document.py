"""An OpenAPI document as validators of requests and answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Asked:
    """A request; `target` is path and query as sent, names of headers are lower-case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answered:
    """An answer; names of headers are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Document:
    """An OpenAPI document of version 3.0 or 3.1.

    Args:
        name: in what is said about it.
        content: of the document.
        base: path before those of the document.
    """

    def __init__(self, name: str, content: dict[str, Json], base: str = "") -> None:
        self.name = name
        self.content = content
        self.operations = [
            Operation(self, method, base + path, described)
            for path, methods in content["paths"].items()
            for method, described in methods.items()
        ]

    def find(self, method: str, path: str) -> Operation | None:
        """The operation at a path: the one whose parameters have no slash in them, when there is a choice."""
        at = [operation for operation in self.operations if operation.method == method]
        for form in ("[^/]+", ".+"):
            for operation in at:
                if operation.path_parameters(path, form) is not None:
                    return operation
        return None

    def resolved(self, node: dict[str, Json]) -> dict[str, Json]:
        """An object, or what its reference leads to."""
        while "$ref" in node:
            _, *parts = node["$ref"].split("/")
            node = self.content
            for part in parts:
                node = node[part]
        return node

    def validator(self, schema: dict[str, Json]) -> jsonschema_rs.Draft202012Validator:
        """A validator of a schema of the document."""
        return jsonschema_rs.Draft202012Validator({**schema, "components": self.content["components"]})


class Operation:
    """What the document says of a method and path."""

    def __init__(self, document: Document, method: str, path: str, described: dict[str, Json]) -> None:
        self.document = document
        self.method = method.upper()
        self.path = path
        self.described = described
        self._answers: dict[int, Reply | None] = {}

    def __str__(self) -> str:
        return f"{self.method} {self.path} of {self.document.name}"

    @cached_property
    def parameters(self) -> list[Parameter]:
        """Its parameters."""
        listed = self.described.get("parameters", [])
        return [Parameter(self.document, self.document.resolved(parameter)) for parameter in listed]

    @cached_property
    def body(self) -> Body | None:
        """The body that it takes."""
        described = self.described.get("requestBody")
        return Body(self.document, self.document.resolved(described)) if described else None

    def answer(self, status: int) -> Reply | None:
        """Its answer of a status, when there is one."""
        if status not in self._answers:
            described = self.described["responses"].get(str(status))
            self._answers[status] = Reply(self.document, self.document.resolved(described)) if described else None
        return self._answers[status]

    def path_parameters(self, path: str, form: str = "[^/]+") -> dict[str, str] | None:
        """The parameters in a path; None when it is another path."""
        found = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", rf"(?P<\1>{form})", re.escape(self.path)), path)
        return {name: unquote(text) for name, text in found.groupdict().items()} if found else None

    def mistakes_of_request(self, asked: Asked) -> Iterator[str]:
        """What is wrong with a request."""
        parts = urlsplit(asked.target)
        given = {
            "path": self.path_parameters(parts.path) or self.path_parameters(parts.path, ".+") or {},
            "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
            "header": asked.headers,
        }
        for parameter in self.parameters:
            yield from parameter.mistakes(given[parameter.place])
        if self.body is not None:
            yield from self.body.mistakes(asked)
        elif asked.body:
            yield "it has a body"

    def mistakes_of_answer(self, answered: Answered) -> Iterator[str]:
        """What is wrong with an answer."""
        reply = self.answer(answered.status)
        if reply is None:
            yield f"status {answered.status} is not in it"
        else:
            yield from reply.mistakes(answered)


class Parameter:
    """A parameter in a path, query or header."""

    def __init__(self, document: Document, described: dict[str, Json]) -> None:
        self.place: str = described["in"]
        self.name: str = described["name"]
        self.key = self.name.lower() if self.place == "header" else self.name
        self.required: bool = described.get("required", False)
        self.schema: dict[str, Json] = document.resolved(described["schema"])
        self.separated: bool = described.get("explode") is False
        self._validator = document.validator(described["schema"])

    def mistakes(self, given: Mapping[str, str]) -> Iterator[str]:
        """What is wrong with its value among those given."""
        if self.key in given:
            yield from _said(f"{self.place} {self.name}", self._validator, self._value(given[self.key]))
        elif self.required:
            yield f"{self.place} {self.name} is missing"

    def _value(self, text: str) -> Json:
        match self.schema.get("type"):
            case "array":
                return [part for part in text.split(",") if part]
            case "integer" if re.fullmatch("-?[0-9]+", text):
                return int(text)
        return text


class Body:
    """A body of requests."""

    def __init__(self, document: Document, described: dict[str, Json]) -> None:
        self.schemas: dict[str, Json] = {kind: media["schema"] for kind, media in described["content"].items()}
        self._required: bool = described.get("required", False)
        self._validators = {kind: document.validator(schema) for kind, schema in self.schemas.items()}

    def mistakes(self, asked: Asked) -> Iterator[str]:
        """What is wrong with the body of a request."""
        if not asked.body and not self._required:
            return
        kind = asked.headers.get("content-type", "").partition(";")[0]
        if kind not in self._validators:
            yield f"its body has the type {kind!r}"
            return
        try:
            value = json.loads(asked.body) if kind == JSON else dict(parse_qsl(asked.body.decode(), True))
        except ValueError as error:
            yield f"its body cannot be read: {error}"
        else:
            yield from _said("body", self._validators[kind], value)


class Reply:
    """An answer of a status."""

    def __init__(self, document: Document, described: dict[str, Json]) -> None:
        content = described.get("content", {})
        self.schema: dict[str, Json] | None = content[JSON]["schema"] if content else None
        self._validator = document.validator(self.schema) if self.schema is not None else None
        self._headers = {
            name.lower(): document.validator(document.resolved(header)["schema"])
            for name, header in described.get("headers", {}).items()
        }

    def mistakes(self, answered: Answered) -> Iterator[str]:
        """What is wrong with an answer."""
        for name, validator in self._headers.items():
            yield from _said(f"header {name}", validator, answered.headers.get(name))
        if self._validator is None:
            if answered.body:
                yield "it has a body"
        elif (kind := answered.headers.get("content-type")) != JSON:
            yield f"its body has the type {kind!r}"
        else:
            yield from _said("body", self._validator, json.loads(answered.body))


def _said(where: str, validator: jsonschema_rs.Draft202012Validator, value: Json) -> Iterator[str]:
    for error in validator.iter_errors(value):
        yield f"{where} at /{'/'.join(map(str, error.instance_path))}: {error.message}"
