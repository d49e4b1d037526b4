"""The check of every exchange in tests: the helpers that call an API, or play one, pass through here.

An answer always has to be as documented. A request has to be when it was granted: what is not as documented is never
granted; tests that send something wrong are about what is answered.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from support.openapi import official
from support.openapi.document import JSON, Answered, Asked, Document
from wegennet.fsc import openapi

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_OPERATION = {400, 404, 405}
_GRANTED = 300


@cache
def document(name: str) -> Document:
    """Our document of a name, such as `manager-external`."""
    return Document(name, json.loads((openapi.FOLDER / f"{name}.json").read_text()))


def check(api: str, asked: Asked, answered: Answered) -> None:
    """Checks an exchange with one of our processes.

    Raises:
        AssertionError: it is not as the document says.
    """
    mistakes = list(_mistakes(api, asked, answered))
    assert not mistakes, f"{asked.method} {asked.target} ({answered.status}): {'; '.join(mistakes)}"


def check_request(api: str, asked: Asked) -> None:
    """Checks a request that one of our processes sent, to an API that a test plays.

    Raises:
        AssertionError: it is not as the document says.
    """
    for each in _documents(api):
        operation = each.find(asked.method, asked.target.partition("?")[0])
        if operation is None:
            assert each.name != api, f"{asked.method} {asked.target} is not in {each.name}"
            continue
        mistakes = list(operation.mistakes_of_request(asked))
        assert not mistakes, f"{operation} was asked with a mistake: {'; '.join(mistakes)}"


def _documents(api: str) -> list[Document]:
    return [document(api), *(official.documents() if api == official.OURS else [])]


def _mistakes(api: str, asked: Asked, answered: Answered) -> Iterator[str]:
    path = asked.target.partition("?")[0]
    ours, *standards = _documents(api)
    operation = ours.find(asked.method, path)
    if operation is None:
        yield from _mistakes_without_operation(ours, answered)
        return
    yield from operation.mistakes_of_answer(answered)
    if answered.status < _GRANTED:
        yield from operation.mistakes_of_request(asked)
    for standard in standards:
        same = standard.find(asked.method, path)
        if same is not None and same.answer(answered.status) is not None:
            yield from (f"by the standard, {mistake}" for mistake in same.mistakes_of_answer(answered))


def _mistakes_without_operation(ours: Document, answered: Answered) -> Iterator[str]:
    if answered.status not in _NO_OPERATION:
        yield f"there is no such operation in {ours.name}"
    elif answered.headers.get("content-type") != JSON or "fsc-error-code" not in answered.headers:
        yield "it is not answered as an error"
    else:
        validator = _error_validator(ours)
        yield from (error.message for error in validator.iter_errors(json.loads(answered.body)))


@cache
def _error_validator(ours: Document):  # noqa: ANN202 (a class of the library)
    return ours.validator({"$ref": "#/components/schemas/ErrorBody"})
