"""The generated OpenAPI documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from wegennet.fsc import openapi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCUMENTS = openapi.documents()
METHODS = {"get", "put", "post", "delete"}

each = pytest.mark.parametrize("name", DOCUMENTS)


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        assert set(path) <= METHODS
        yield from path.values()


def test_the_written_documents_are_those_of_the_applications(tmp_path: Path) -> None:
    fresh = {file.name: file.read_text() for file in openapi.write(tmp_path)}
    written = {file.name: file.read_text() for file in openapi.FOLDER.iterdir()}
    assert written == fresh, "run `make generate`"


@each
def test_a_document_is_openapi(name: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(OPENAPI_31)
    assert [str(error) for error in validator.iter_errors(DOCUMENTS[name])] == []


@each
def test_every_reference_leads_somewhere_and_nothing_is_left_over(name: str) -> None:
    document = DOCUMENTS[name]
    wanted = set(references(document))
    components = document["components"]
    there = {
        f"#/components/{kind}/{part}" for kind in components if kind != "securitySchemes" for part in components[kind]
    }
    assert wanted == there


@each
def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(name: str) -> None:
    found = list(operations(DOCUMENTS[name]))
    names = [operation["operationId"] for operation in found]
    assert len(set(names)) == len(names)
    assert all(text.isidentifier() and "_" not in text for text in names)
    assert [operation["operationId"] for operation in found if not operation["summary"].endswith(".")] == []


@each
def test_examples_are_valid(name: str) -> None:
    document = DOCUMENTS[name]
    for part, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", []):
            jsonschema_rs.validate({**document, "$ref": f"#/components/schemas/{part}"}, example)


@each
def test_lists_in_the_address_are_separated_by_commas(name: str) -> None:
    lists = [
        parameter
        for operation in operations(DOCUMENTS[name])
        for parameter in operation.get("parameters", [])
        if parameter["schema"].get("type") == "array"
    ]
    assert [parameter for parameter in lists if (parameter["style"], parameter["explode"]) != ("form", False)] == []


@each
def test_every_answer_of_an_error_has_the_code_in_its_header(name: str) -> None:
    for answer in DOCUMENTS[name]["components"]["responses"].values():
        assert answer["headers"]["Fsc-Error-Code"]["required"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    if isinstance(node, list):
        for value in node:
            yield from references(value)
