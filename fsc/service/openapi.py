"""The OpenAPI documents of our APIs, from their models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wegennet.fsc.api.common import ErrorBody

if TYPE_CHECKING:
    from fastapi import FastAPI


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of a route with these statuses, for its `responses`: FSC's error body and header."""
    header = {"Fsc-Error-Code": {"schema": {"type": "string"}, "description": "The code, as in the body."}}
    return {status: {"model": ErrorBody, "description": "Error", "headers": header} for status in statuses}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of an API.

    Two things are other than FastAPI says: invalid input is not answered with its `HTTPValidationError`, and lists in a
    query have commas instead of being repeated.
    """
    described = app.openapi()
    for path in described["paths"].values():
        for operation in path.values():
            _forget_validation_error(operation["responses"])
            for parameter in operation.get("parameters", ()):
                _separate_by_commas(parameter)
    schemas = described.get("components", {}).get("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return described


def _forget_validation_error(responses: dict[str, Any]) -> None:
    schema = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]


def _separate_by_commas(parameter: dict[str, Any]) -> None:
    if parameter["in"] == "query" and parameter["schema"].get("type") == "array":
        parameter |= {"style": "form", "explode": False}
