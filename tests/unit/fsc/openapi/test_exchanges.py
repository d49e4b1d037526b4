"""The check that every exchange in tests passes through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.openapi import exchanges, noted
from support.openapi.document import Answered, Asked

API = "controller-administration"
SERVICE = {"name": "parking", "endpoint_url": "http://parking:8080", "inway_address": "https://inway.example.nl:443"}
ERROR = {"message": "No.", "domain": "ERROR_DOMAIN_CONTROLLER", "code": "ERROR_CODE_NOT_FOUND"}
JSON = {"content-type": "application/json"}
ADD = Asked("POST", "/v1/services", JSON, json.dumps(SERVICE).encode())


def answered(status: int, value: Any, **headers: str) -> Answered:
    return Answered(status, JSON | headers, json.dumps(value).encode())


def not_found(**headers: str) -> Answered:
    return answered(404, ERROR, **{"fsc-error-code": ERROR["code"]}, **headers)


def test_what_is_documented_passes() -> None:
    exchanges.check(API, ADD, answered(201, SERVICE))
    exchanges.check(API, Asked("GET", "/v1/services/parking"), not_found())


def test_an_unknown_path_is_answered_as_an_error() -> None:
    exchanges.check(API, Asked("GET", "/v1/nothing"), not_found())
    with pytest.raises(AssertionError, match="there is no such operation"):
        exchanges.check(API, Asked("GET", "/v1/nothing"), answered(200, {}))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (answered(200, SERVICE), "status 200 is not in it"),
        (answered(500, ERROR), "status 500 is not in it"),
        (answered(201, {**SERVICE, "name": 1}), "body at /name"),
        (answered(409, ERROR), "header fsc-error-code"),
        (Answered(201, {}, json.dumps(SERVICE).encode()), "its body has the type None"),
    ],
)
def test_a_wrong_answer_is_named(wrong: Answered, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        exchanges.check(API, ADD, wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Asked("POST", "/v1/services", JSON, b"{}"), "required property"),
        (Asked("POST", "/v1/services", JSON, b"x"), "cannot be read"),
        (Asked("POST", "/v1/services", {}, b"{}"), "its body has the type ''"),
    ],
)
def test_a_wrong_request_that_was_granted_is_named(wrong: Asked, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        exchanges.check(API, wrong, answered(201, SERVICE))


def test_a_wrong_request_that_was_refused_passes() -> None:
    refused = {**ERROR, "code": "ERROR_CODE_INVALID_REQUEST"}
    answer = answered(400, refused, **{"fsc-error-code": refused["code"]})
    exchanges.check(API, Asked("POST", "/v1/services", JSON, b"{}"), answer)


def test_what_our_components_ask_is_always_checked() -> None:
    with pytest.raises(AssertionError, match="limit at /"):
        exchanges.check_request("txlog-api", Asked("GET", "/v1/logs?limit=0"))
    with pytest.raises(AssertionError, match="is not in txlog-api"):
        exchanges.check_request("txlog-api", Asked("GET", "/v1/nothing"))


def test_what_is_noted_is_collected_once() -> None:
    with noted.noting():
        raise AssertionError("wrong")
    assert (noted.collected(), noted.collected()) == (["wrong"], [])
