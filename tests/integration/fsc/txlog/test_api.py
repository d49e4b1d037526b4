from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.txlog import A, C, record, source

from wegennet.fsc.trial.pki import Authority

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.component import Answer, Component, InternalPki


@pytest.fixture
def call(txlog: Component, pki: InternalPki) -> Callable[..., Answer]:
    """Calls its API with an internal certificate."""
    context = pki.context(pki.client)
    return lambda method, path, body=None: txlog.call("LISTEN_ADDRESS", context, method, path, body)


def body(*records: Any) -> dict[str, Any]:
    return {"records": [one.model_dump(mode="json") for one in records]}


def test_a_record_that_was_written_is_found(call: Callable[..., Answer]) -> None:
    one = record(source=source(A, C), additional_data={"a": 1})
    assert call("POST", "/v1/logs", body(one)).status == 201
    answer = call("GET", f"/v1/logs?peer_id={C}")
    assert answer.status == 200
    assert answer.body == {
        "records": [one.model_dump(mode="json", exclude={"record_id"})],
        "pagination": {"next_cursor": ""},
    }


def test_filters_are_lists_with_commas(call: Callable[..., Answer]) -> None:
    call("POST", "/v1/logs", body(*(record(service_name=name) for name in "abc")))
    answer = call("GET", "/v1/logs?service_name=a,c&sort_order=SORT_ORDER_ASCENDING")
    assert [one["service_name"] for one in answer.body["records"]] == ["a", "c"]


def test_a_page_leads_to_the_next(call: Callable[..., Answer]) -> None:
    call("POST", "/v1/logs", body(*(record() for _ in range(3))))
    first = call("GET", "/v1/logs?limit=2")
    second = call("GET", f"/v1/logs?limit=2&cursor={first.body['pagination']['next_cursor']}")
    assert [len(first.body["records"]), len(second.body["records"])] == [2, 1]
    assert second.body["pagination"] == {"next_cursor": ""}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "cursor=x", "sort_order=up", "after=-1", "before=x", "service_name=%00"],
)
def test_a_wrong_query_is_refused_with_a_sentence(call: Callable[..., Answer], query: str) -> None:
    answer = call("GET", f"/v1/logs?{query}")
    assert (answer.status, answer.headers["fsc-error-code"]) == (400, "ERROR_CODE_INVALID_REQUEST")
    assert answer.body["domain"] == "ERROR_DOMAIN_TRANSACTION_LOG"
    assert answer.body["message"].endswith(".")


@pytest.mark.parametrize(
    "changes",
    [
        {"record_id": "x"},
        {"transaction_id": "x"},
        {"direction": "UP"},
        {"created_at": -1},
        {"created_at": 2**60},
        {"source": {"type": "SOURCE_TYPE_SOURCE"}},
        {"source": source("123")},
        {"grant_hash": "a" * 1025},
        {"service_name": "a\u0000b"},
    ],
)
def test_a_wrong_record_is_refused_and_nothing_of_its_request_written(
    call: Callable[..., Answer], changes: dict[str, Any]
) -> None:
    wrong = record().model_dump(mode="json") | changes
    answer = call("POST", "/v1/logs", {"records": [record().model_dump(mode="json"), wrong]})
    assert (answer.status, answer.headers["fsc-error-code"]) == (400, "ERROR_CODE_INVALID_REQUEST")
    assert call("GET", "/v1/logs").body["records"] == []


@pytest.mark.parametrize("count", [0, 1001])
def test_a_request_has_1_to_1000_records(call: Callable[..., Answer], count: int) -> None:
    assert call("POST", "/v1/logs", body(*(record() for _ in range(count)))).status == 400


def test_a_client_without_certificate_is_refused(txlog: Component, pki: InternalPki) -> None:
    with pytest.raises(OSError):  # noqa: PT011 (how it shows depends on the TLS version)
        txlog.call("LISTEN_ADDRESS", pki.context(None), "GET", "/v1/logs")


def test_a_client_of_another_authority_is_refused(txlog: Component, pki: InternalPki) -> None:
    stranger = pki.store("stranger", Authority.root("another"))
    with pytest.raises(OSError):  # noqa: PT011
        txlog.call("LISTEN_ADDRESS", pki.context(stranger), "GET", "/v1/logs")


def test_requests_and_records_are_counted(txlog: Component, call: Callable[..., Answer]) -> None:
    written = "fsc_txlog_records_written_total"
    answered = 'fsc_api_requests_total{api="FSC transaction log",code="201",method="POST",route="/v1/logs"}'
    before = txlog.metrics()
    call("POST", "/v1/logs", body(record(), record()))
    after = txlog.metrics()
    assert after[written] - before.get(written, 0) == 2
    assert after[answered] - before.get(answered, 0) == 1
