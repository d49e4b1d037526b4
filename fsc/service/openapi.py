"""The OpenAPI documents of our APIs, from their models."""

from __future__ import annotations

import copy
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from wegennet.fsc.api.common import ErrorBody
from wegennet.fsc.api.manager import ERROR_CODE_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from fastapi.routing import APIRoute

_Object = dict[str, Any]

_NULL: Final = {"type": "null"}
_ERROR_CODE: Final = {
    "description": "The code, as in the body.",
    "required": True,
    "schema": {"$ref": "#/components/schemas/ErrorCode"},
}


def errors(*statuses: int) -> dict[int | str, _Object]:
    """The answers of a route with these statuses, for its `responses`: FSC's error body and header."""
    return {
        status: {
            "model": ErrorBody,
            "description": HTTPStatus(status).phrase,
            "headers": {ERROR_CODE_HEADER: copy.deepcopy(_ERROR_CODE)},
        }
        for status in statuses
    }


def operation_id(route: APIRoute) -> str:
    """The name of an operation, `getContracts`, from that of its function, `get_contracts`."""
    first, *rest = route.name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def document(app: FastAPI) -> _Object:
    """The OpenAPI 3.1 document of an API.

    It differs from FastAPI's where that says too much or too little: `Problems` answers invalid input otherwise than
    with 422 and `HTTPValidationError`, lists in the address are separated by commas, no parameter is null, and the
    titles that repeat a field's name are left out.
    """
    described = copy.deepcopy(app.openapi())
    schemas = described.get("components", {}).get("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in _operations(described):
        _forget_validation_error(operation["responses"])
        _summarize(operation)
        for parameter in operation.get("parameters", []):
            _describe_parameter(parameter)
    _share_errors(described)
    return described | {part: _tidied(described[part]) for part in ("paths", "components") if part in described}


def _operations(described: _Object) -> Iterator[_Object]:
    for path in described["paths"].values():
        yield from path.values()


def _forget_validation_error(responses: _Object) -> None:
    schema = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]


def _summarize(operation: _Object) -> None:
    """Makes the first paragraph of the docstring the summary; FastAPI's is the function's name."""
    first, _, rest = operation.pop("description", "").partition("\n\n")
    operation["summary"] = " ".join(first.split())
    if rest:
        operation["description"] = rest
    for status, answer in operation["responses"].items():
        if answer["description"] == "Successful Response":
            answer["description"] = HTTPStatus(int(status)).phrase


def _describe_parameter(parameter: _Object) -> None:
    schema = parameter["schema"]
    if _NULL in schema.get("anyOf", ()):
        (schema,) = (choice for choice in schema["anyOf"] if choice != _NULL)
    # The same words stand at the parameter.
    parameter["schema"] = {key: value for key, value in schema.items() if key not in ("title", "description")}
    if schema.get("type") == "array":
        parameter |= {"style": "form", "explode": False}


def _share_errors(described: _Object) -> None:
    """Puts equal error answers into the components, once each."""
    shared: _Object = {}
    for operation in _operations(described):
        for status, answer in operation["responses"].items():
            name = HTTPStatus(int(status)).phrase.replace(" ", "")
            if ERROR_CODE_HEADER in answer.get("headers", {}) and shared.setdefault(name, answer) == answer:
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    if shared:
        described["components"]["responses"] = shared


def _tidied(node: Any) -> Any:
    """Without generated titles, and with whole numbers as such."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if key != "title" or not isinstance(value, str)}
        return {key: _tidied(value) for key, value in kept.items()}
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node
