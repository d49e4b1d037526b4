from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pytest
from fastapi import FastAPI, Query
from pydantic import AfterValidator, BaseModel, ConfigDict
from structlog.testing import capture_logs

from wegennet.fsc.core.errors import ErrorCode, ErrorDomain, FscError
from wegennet.fsc.service.app import api
from wegennet.fsc.service.metrics import Metrics
from wegennet.fsc.service.openapi import document, errors
from wegennet.fsc.service.strict import LARGEST_BODY, router
from wegennet.fsc.storage.errors import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

routes = router()


def _allowed_name(name: str) -> str:
    if name == "forbidden":
        raise ValueError("it must be another name")
    return name


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(_allowed_name)]
    size: int = 0


@routes.post("/things", status_code=201)
async def add(thing: Thing) -> Thing:
    return thing


@routes.get("/things")
async def things(limit: Annotated[int, Query(ge=1, le=10)] = 5) -> list[Thing]:
    return [Thing(name="a")] * limit


@routes.get("/refused", responses=errors(422))
async def refused() -> None:
    raise FscError(ErrorCode.INCORRECT_GROUP_ID, "This is group a.")


@routes.get("/named/{name}")
async def named(name: str) -> str:
    return name


@routes.get("/crash")
async def crash() -> None:
    raise RuntimeError("secret inside")


@routes.get("/down")
async def down() -> None:
    raise DatabaseUnavailableError("The database is not available: host db-7")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def app(metrics: Metrics) -> FastAPI:
    code = ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH
    return api("things", routes, metrics=metrics, domain=ErrorDomain.INWAY, malformed=code)


@pytest.fixture
def call(app: FastAPI, calling: Callable[[FastAPI], Any]) -> Any:
    return calling(app)


def test_a_request_is_answered(call: Any) -> None:
    status, _, body = call("POST", "/v1/things", b'{"name": "a"}')
    assert (status, body) == (201, {"name": "a", "size": 0})


def test_an_error_has_its_code_in_the_body_and_in_the_header(call: Any) -> None:
    status, headers, body = call("GET", "/v1/refused")
    assert (status, headers["fsc-error-code"]) == (422, "ERROR_CODE_INCORRECT_GROUP_ID")
    assert body == {
        "message": "This is group a.",
        "domain": "ERROR_DOMAIN_INWAY",
        "code": "ERROR_CODE_INCORRECT_GROUP_ID",
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "size": NaN}',
        b'{"name": "\\ud800"}',
        b'{"name": "a"',
        b"[" * 10_000 + b"]" * 10_000,
        b'\xef\xbb\xbf{"name": "a"}',
        b'{"name": "a", "size": 9007199254740993}',
        b'{"name": "\xff"}',
        b'{"name": "a\\u0000"}',
        b'{"name": "a", "size\\u0000": [{}]}',
    ],
    ids=[
        "duplicate key",
        "NaN",
        "lone surrogate",
        "truncated",
        "deep",
        "byte order mark",
        "large integer",
        "no UTF-8",
        "NUL",
        "NUL in a key",
    ],
)
def test_json_that_peers_could_read_differently_is_malformed(call: Any, body: bytes) -> None:
    status, headers, _ = call("POST", "/v1/things", body)
    assert (status, headers["fsc-error-code"]) == (400, "ERROR_CODE_SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH")


def test_a_backslash_before_what_looks_like_nul_is_a_text(call: Any) -> None:
    assert call("POST", "/v1/things", b'{"name": "\\\\u0000"}')[2]["name"] == "\\u0000"


@pytest.mark.parametrize("path", ["/v1/things?limit=%00", "/v1/named/a\0"])
def test_nul_in_the_address_is_an_invalid_request(call: Any, path: str) -> None:
    status, headers, _ = call("GET", path)
    assert (status, headers["fsc-error-code"]) == (400, "ERROR_CODE_INVALID_REQUEST")


def test_a_body_of_the_wrong_shape_is_named_by_its_place_and_without_its_value(call: Any) -> None:
    status, headers, body = call("POST", "/v1/things", b'{"name": 5, "size": "s3cret", "other": 1}')
    assert (status, headers["fsc-error-code"]) == (400, "ERROR_CODE_SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH")
    assert body["message"].startswith("body, name: input should be a valid string; body, size: ")
    assert "s3cret" not in body["message"]


def test_a_rule_of_our_own_is_said_as_it_is(call: Any) -> None:
    answer = call("POST", "/v1/things", b'{"name": "forbidden"}')
    assert answer[2]["message"] == "body, name: it must be another name."


def test_a_missing_body_is_malformed(call: Any) -> None:
    assert call("POST", "/v1/things")[0] == 400


def test_json_under_another_content_type_is_malformed(call: Any) -> None:
    assert call("POST", "/v1/things", b'{"name": "a"}', {"content-type": "text/plain"})[0] == 400


def test_a_parameter_out_of_range_is_an_invalid_request(call: Any) -> None:
    status, headers, body = call("GET", "/v1/things?limit=11")
    assert (status, headers["fsc-error-code"]) == (400, "ERROR_CODE_INVALID_REQUEST")
    assert body["message"] == "query parameter limit: input should be less than or equal to 10."


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused(call: Any, announced: bool) -> None:
    size = str(LARGEST_BODY + 1)
    parts = [b" " * 65536] * (LARGEST_BODY // 65536 + 1)
    status, headers, _ = call("POST", "/v1/things", parts, {"content-length": size} if announced else {})
    assert (status, headers["fsc-error-code"]) == (413, "ERROR_CODE_BODY_TOO_LARGE")


def test_a_body_of_the_largest_size_is_read(call: Any) -> None:
    body = b'{"name": "' + b"a" * (LARGEST_BODY - 12) + b'"}'
    assert call("POST", "/v1/things", body)[0] == 201


def test_an_unknown_path_is_not_found(call: Any) -> None:
    status, headers, _ = call("GET", "/v1/nothing")
    assert (status, headers["fsc-error-code"]) == (404, "ERROR_CODE_NOT_FOUND")


def test_another_method_is_answered_with_those_that_are(call: Any) -> None:
    status, headers, _ = call("DELETE", "/v1/refused")
    assert (status, headers["allow"], headers["fsc-error-code"]) == (405, "GET", "ERROR_CODE_METHOD_NOT_ALLOWED")


def test_the_methods_of_a_path_are_those_of_all_its_routes(call: Any) -> None:
    assert call("DELETE", "/v1/things")[1]["allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_no_pages_are_served(call: Any, path: str) -> None:
    assert call("GET", path)[0] == 404


def test_an_exception_is_logged_and_its_text_stays_inside(call: Any) -> None:
    with capture_logs() as logs:
        status, headers, body = call("GET", "/v1/crash")
    assert (status, headers["fsc-error-code"]) == (500, "ERROR_CODE_INTERNAL")
    assert "secret inside" not in str(body)
    assert any(entry["event"] == "request failed" and "secret inside" in str(entry["exc_info"]) for entry in logs)


def test_without_database_the_answer_is_to_try_again(call: Any) -> None:
    status, headers, body = call("GET", "/v1/down")
    assert (status, headers["retry-after"], body["code"]) == (503, "5", "ERROR_CODE_UNAVAILABLE")
    assert "db-7" not in body["message"]


def test_requests_are_counted_by_the_template_of_their_path(call: Any, metrics: Metrics) -> None:
    call("GET", "/v1/things?limit=2")
    call("GET", "/v1/whatever-somebody-tries")
    labels = {"api": "things", "method": "GET"}
    value = metrics.registry.get_sample_value
    assert value("fsc_api_requests_total", {**labels, "route": "/v1/things", "code": "200"}) == 1
    assert value("fsc_api_requests_total", {**labels, "route": "none", "code": "404"}) == 1


def test_made_up_methods_are_counted_together(call: Any, metrics: Metrics) -> None:
    for method in ("FOO", "BAR"):
        call(method, "/v1/things")
    labels = {"api": "things", "method": "other", "route": "/v1/things", "code": "405"}
    assert metrics.registry.get_sample_value("fsc_api_requests_total", labels) == 2


def test_the_document_describes_the_errors_that_are_answered(app: FastAPI) -> None:
    described = document(app)
    assert "422" not in described["paths"]["/v1/things"]["post"]["responses"]
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_an_error_that_a_route_names_is_in_the_document(app: FastAPI) -> None:
    described = document(app)
    answer = described["paths"]["/v1/refused"]["get"]["responses"]["422"]
    assert answer == {"$ref": "#/components/responses/UnprocessableEntity"}
    answer = described["components"]["responses"]["UnprocessableEntity"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
    assert "Fsc-Error-Code" in answer["headers"]
