"""What a gateway answers itself."""

from __future__ import annotations

import json

import pytest

from wegennet.fsc.core.errors import ErrorCode, ErrorDomain, FscError
from wegennet.fsc.gateway.refusals import refusal, refuse_tunnels
from wegennet.fsc.wire.body import NO_BODY
from wegennet.fsc.wire.message import ClientInfo, Headers, Request

BEARER = (b"www-authenticate", b"Bearer")


def refused(code: ErrorCode, status: int | None = None) -> Headers:
    return refusal(FscError(code, "No.", status=status), ErrorDomain.INWAY).headers


def request(method: bytes, *headers: tuple[bytes, bytes]) -> Request:
    return Request(method, b"/", b"", b"http", list(headers), NO_BODY, "1.1", ClientInfo("127.0.0.1"))


def test_the_code_stands_in_header_and_body() -> None:
    answer = refusal(FscError(ErrorCode.SERVICE_NOT_FOUND, "There is none."), ErrorDomain.INWAY)
    assert (answer.status, (b"fsc-error-code", b"ERROR_CODE_SERVICE_NOT_FOUND") in answer.headers) == (404, True)
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body) == {
        "message": "There is none.",
        "domain": "ERROR_DOMAIN_INWAY",
        "code": "ERROR_CODE_SERVICE_NOT_FOUND",
    }


@pytest.mark.parametrize(
    "code", [ErrorCode.ACCESS_TOKEN_MISSING, ErrorCode.ACCESS_TOKEN_INVALID, ErrorCode.ACCESS_TOKEN_EXPIRED]
)
def test_a_refused_token_asks_for_a_bearer_token(code: ErrorCode) -> None:
    assert BEARER in refused(code)


@pytest.mark.parametrize("code", [ErrorCode.WRONG_GROUP_ID_IN_TOKEN, ErrorCode.SERVICE_NOT_FOUND])
def test_another_refusal_does_not(code: ErrorCode) -> None:
    assert BEARER not in refused(code)


def test_a_method_that_is_not_supported_is_answered_with_those_that_are() -> None:
    assert b"allow" in dict(refused(ErrorCode.METHOD_UNSUPPORTED))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(b"CONNECT"), 405),
        (request(b"TRACE"), 405),
        (request(b"GET", (b"upgrade", b"websocket")), 501),
    ],
)
def test_what_could_not_be_logged_or_would_tell_the_token_is_refused(asked: Request, status: int) -> None:
    with pytest.raises(FscError) as error:
        refuse_tunnels(asked)
    assert (error.value.code, error.value.status) == (ErrorCode.METHOD_UNSUPPORTED, status)


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST", b"PROPFIND", b"OPTIONS"])
def test_any_other_method_passes(method: bytes) -> None:
    refuse_tunnels(request(method))
