from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from wegennet.fsc.api.common import EndpointUrl, ErrorBody, HttpsAddress, Message, Page, Query, ReceivedError, Request
from wegennet.fsc.api.logging import LogsQuery
from wegennet.fsc.api.manager import ContractsQuery
from wegennet.fsc.core.errors import ErrorCode, ErrorDomain

HTTPS = TypeAdapter(HttpsAddress)
ENDPOINT = TypeAdapter(EndpointUrl)


@pytest.mark.parametrize(
    "address",
    ["https://manager.example.nl:8443", "https://127.1.2.3:443", "https://[::1]:8443", "https://inway.example.nl:443/"],
)
def test_address_with_host_and_port_is_taken_as_it_is(address: str) -> None:
    assert HTTPS.validate_python(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "manager.example.nl:8443",
        "http://manager.example.nl:8443",
        "https://manager.example.nl",
        "https://manager.example.nl:",
        "https://manager.example.nl:0",
        "https://manager.example.nl:65536",
        "https://manager.example.nl:port",
        "https://:8443",
        "https://a\\b:8443",
        "https://a%2fb:8443",
        "https://user@manager.example.nl:8443",
        "https://user:secret@manager.example.nl:8443",
        "https://manager.example.nl:8443/v1",
        "https://manager.example.nl:8443?a=b",
        "https://manager.example.nl:8443#a",
        "https://manager.example.nl:8443\r\nHost: other",
        "https://manager.example.nl:8443 ",
        "https://g\u00e9.example.nl:8443",
        "https://[::1:8443",
        "https://" + "a" * 250 + ":8443",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        HTTPS.validate_python(address)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "https://api.example.nl/v1/", "http://service"])
def test_endpoint_of_a_service_is_taken_as_it_is(url: str) -> None:
    assert ENDPOINT.validate_python(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "service:8080",
        "ftp://service",
        "http://",
        "http://a:b@service",
        "http://service?x=1",
        "http://service#x",
        "http://a b",
    ],
)
def test_what_is_no_endpoint_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        ENDPOINT.validate_python(url)


@pytest.mark.parametrize("value", ["a,b", ["a,b"], ["a", "b"], ["a", "b,"], ",a,,b"])
def test_list_is_comma_separated(value: Any) -> None:
    assert ContractsQuery(grant_hash=value).grant_hash == ["a", "b"]


def test_query_is_sent_as_it_was_set() -> None:
    query = LogsQuery(limit=5, after=7, grant_hash=["a", "b"], service_name=[])
    assert query.pairs() == [("limit", "5"), ("after", "7"), ("grant_hash", "a,b")]


def test_query_that_was_not_set_is_empty() -> None:
    assert Page().pairs() == []


@pytest.mark.parametrize("limit", [0, -1, 1001, "many"])
def test_page_has_1_to_1000_entries(limit: Any) -> None:
    with pytest.raises(ValidationError):
        Page(limit=limit)


def test_page_has_25_entries_unless_asked_otherwise() -> None:
    assert Page().limit == 25


class _Answer(Message):
    known: int


class _Asked(Request):
    known: int


class _Filter(Query):
    known: int


@pytest.mark.parametrize("model", [_Answer, _Filter])
def test_message_may_have_more_members(model: Any) -> None:
    assert model.model_validate({"known": 1, "more": 2}).model_dump() == {"known": 1}


def test_request_may_not_have_more_members() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        _Asked.model_validate({"known": 1, "more": 2})


def test_error_is_written_with_the_names_of_the_standard() -> None:
    body = ErrorBody(message="No.", domain=ErrorDomain.INWAY, code=ErrorCode.ACCESS_TOKEN_MISSING)
    assert body.model_dump(mode="json") == {
        "message": "No.",
        "domain": "ERROR_DOMAIN_INWAY",
        "code": "ERROR_CODE_ACCESS_TOKEN_MISSING",
    }


@pytest.mark.parametrize("body", [{}, {"code": "ERROR_CODE_OF_ANOTHER", "message": "No."}])
def test_error_of_another_implementation_is_read(body: dict[str, str]) -> None:
    assert ReceivedError.model_validate(body).code == body.get("code", "")
