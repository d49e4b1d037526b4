"""Our documents beside the standard's: what is valid by theirs is taken, and what we answer is valid by theirs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from support.openapi import exchanges, official
from support.openapi.document import Operation, Parameter
from support.openapi.values import values

pytestmark = pytest.mark.skipif(
    not official.found(), reason=f"the standard's OpenAPI files are not in {' or '.join(map(str, official.FOLDERS))}"
)

OPERATIONS = [operation for document in official.documents() for operation in document.operations]
OURS = exchanges.document(official.OURS)

each = pytest.mark.parametrize("theirs", OPERATIONS, ids=str)
each_with_body = pytest.mark.parametrize("theirs", [one for one in OPERATIONS if one.body], ids=str)
each_parameter = pytest.mark.parametrize(
    ("theirs", "parameter"),
    [(operation, parameter) for operation in OPERATIONS for parameter in operation.parameters],
    ids=lambda value: value.name if isinstance(value, Parameter) else str(value),
)
each_answer = pytest.mark.parametrize(
    ("theirs", "status"),
    [(operation, int(status)) for operation in OPERATIONS for status in operation.described["responses"]],
    ids=str,
)
drawn = settings(
    max_examples=20, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=HealthCheck
)


def ours(theirs: Operation) -> Operation:
    found = OURS.find(theirs.method, theirs.path)
    assert found is not None, f"{theirs} is not served"
    return found


@each
def test_every_operation_is_served_under_its_name(theirs: Operation) -> None:
    name = theirs.described.get("operationId", "getContracts")
    assert ours(theirs).described["operationId"] == name


@each
def test_no_parameter_or_body_is_asked_for_that_the_standard_does_not_have(theirs: Operation) -> None:
    needed = {(one.place, one.key) for one in ours(theirs).parameters if one.required}
    assert needed <= {(one.place, one.key) for one in theirs.parameters if one.required}
    assert (ours(theirs).body is None) == (theirs.body is None)


@each_parameter
def test_every_parameter_is_taken_as_it_is_written(theirs: Operation, parameter: Parameter) -> None:
    same = {(one.place, one.key): one for one in ours(theirs).parameters}[parameter.place, parameter.key]
    assert same.schema["type"] == parameter.schema["type"]
    if same.schema["type"] == "array":
        assert same.separated == parameter.separated


@each_parameter
@seed(1)
@drawn
@given(data=st.data())
def test_every_value_of_a_parameter_is_taken(theirs: Operation, parameter: Parameter, data: st.DataObject) -> None:
    same = {(one.place, one.key): one for one in ours(theirs).parameters}[parameter.place, parameter.key]
    value = data.draw(values(theirs.document, parameter.schema))
    text = ",".join(value) if isinstance(value, list) else str(value)
    assert list(same.mistakes({same.key: text})) == []


@each_with_body
@seed(1)
@drawn
@given(data=st.data())
def test_every_body_is_taken(theirs: Operation, data: st.DataObject) -> None:
    (kind,) = theirs.body.schemas
    # A form is an object, which the file does not say.
    value = data.draw(values(theirs.document, {"type": "object", **theirs.body.schemas[kind]}))
    assert kind in ours(theirs).body.schemas
    validator = OURS.validator(ours(theirs).body.schemas[kind])
    assert [error.message for error in validator.iter_errors(value)] == []


@each_answer
def test_every_answer_is_documented(theirs: Operation, status: int) -> None:
    same = ours(theirs).answer(status)
    assert same is not None
    assert (same.schema is None) == (theirs.answer(status).schema is None)


@each_answer
@seed(1)
@drawn
@given(data=st.data())
def test_every_answer_of_ours_is_one_of_the_standard(theirs: Operation, status: int, data: st.DataObject) -> None:
    schema = ours(theirs).answer(status).schema
    if schema is None:
        return
    value = data.draw(values(OURS, schema))
    validator = theirs.document.validator(theirs.answer(status).schema)
    assert [error.message for error in validator.iter_errors(value)] == []


@pytest.mark.parametrize("deviation", official.DEVIATIONS, ids=lambda one: f"{one.standard} {one.at}")
def test_every_deviation_is_one(deviation: official.Deviation) -> None:
    node = official.original(deviation.standard)
    for part in deviation.at.split(" "):
        node = node.get(part) if isinstance(node, dict) else None
    assert node != deviation.schema
