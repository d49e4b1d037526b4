"""The models as FastAPI serves them."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Query
from support.fsc_core import PROVIDER, connection, content, publication

from wegennet.fsc.api.manager import (
    Contract,
    Contracts,
    ContractsQuery,
    Jwks,
    ListedDelegatedService,
    ListedService,
    ServiceListing,
    SignedContent,
)
from wegennet.fsc.core.contract import GrantType, parse_content
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.hashes import content_hash

BODY = {"content": content(), "signature": "a.b.c"}
app = FastAPI()


@app.post("/contracts")
def submit(body: SignedContent) -> Contract:
    return Contract.model_validate({"content": body.content, "signatures": {"accept": {PROVIDER: body.signature}}})


@app.get("/contracts")
def contracts(query: Annotated[ContractsQuery, Query()]) -> dict[str, Any]:
    return query.model_dump()


async def _call(method: str, target: str, body: Any = None) -> tuple[int, Any]:
    path, _, query = target.partition("?")
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"content-type", b"application/json")],
    }
    data = json.dumps(body).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": data, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(part.get("body", b"") for part in sent[1:]))


def call(method: str, target: str, body: Any = None) -> tuple[int, Any]:
    return asyncio.run(_call(method, target, body))


@pytest.mark.parametrize("grant", [connection(), connection(properties={}), publication()])
def test_content_goes_through_the_api_unchanged(grant: dict[str, Any]) -> None:
    _, answer = call("POST", "/contracts", BODY | {"content": content(grant)})
    assert answer["content"] == content(grant)


def test_hash_is_the_same_on_the_other_side() -> None:
    _, answer = call("POST", "/contracts", BODY)
    assert content_hash(parse_content(answer["content"])) == content_hash(parse_content(content()))


def test_unknown_version_comes_through_as_its_own_error() -> None:
    with pytest.raises(FscError, match=r"version 2\.0\.0 is the only one"):
        call("POST", "/contracts", BODY | {"content": content(fsc_version="1.0.0")})


@pytest.mark.parametrize(
    "body", [{}, {"content": content()}, {"signature": "a"}, BODY | {"content": {}}, [], "a", None]
)
def test_body_of_another_form_is_refused(body: Any) -> None:
    assert call("POST", "/contracts", body)[0] == 422


def test_filters_are_read_from_the_address() -> None:
    _, query = call("GET", "/contracts?grant_type=GRANT_TYPE_SERVICE_CONNECTION&grant_hash=a,b&limit=7&unknown=1")
    assert (query["grant_type"], query["grant_hash"], query["limit"]) == (GrantType.SERVICE_CONNECTION, ["a", "b"], 7)


def test_address_without_filters_has_the_defaults() -> None:
    assert call("GET", "/contracts") == (200, ContractsQuery().model_dump(mode="json"))


def test_address_that_a_query_makes_is_read_as_that_query() -> None:
    query = ContractsQuery(grant_hash=["$1$3$a", "$1$4$b"], cursor="next", limit=3)
    address = "&".join(f"{name}={value}" for name, value in query.pairs())
    assert call("GET", f"/contracts?{address}")[1] == query.model_dump(mode="json")


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "grant_type=OTHER", "sort_order=up"])
def test_filter_of_another_form_is_refused(query: str) -> None:
    assert call("GET", f"/contracts?{query}")[0] == 422


def test_published_content_allows_no_other_members() -> None:
    schema = app.openapi()["components"]["schemas"]["Content"]
    assert (schema["additionalProperties"], sorted(schema["required"])) == (False, sorted(content()))


def test_published_properties_are_an_optional_object() -> None:
    schema = app.openapi()["components"]["schemas"]["ServiceConnection"]
    assert (schema["properties"]["properties"]["type"], "properties" in schema["required"]) == ("object", False)


PEER = {"id": PROVIDER, "name": "Gemeente", "manager_address": "https://m:8443"}
LISTED = {"peer": PEER, "name": "parkeren", "protocol": "PROTOCOL_TCP_HTTP_2"}
DELEGATOR = {"peer_id": PROVIDER, "peer_name": "Gemeente"}


@pytest.mark.parametrize(
    ("data", "model"),
    [
        ({"type": "SERVICE_TYPE_SERVICE", **LISTED}, ListedService),
        ({"type": "SERVICE_TYPE_SERVICE", **LISTED, "properties": {"a": 1}}, ListedService),
        ({"type": "SERVICE_TYPE_DELEGATED_SERVICE", "delegator": DELEGATOR, **LISTED}, ListedDelegatedService),
    ],
)
def test_listed_service_is_read_by_its_type(data: dict[str, Any], model: type) -> None:
    listing = ServiceListing.model_validate({"type": data["type"], "data": data})
    assert (type(listing.data), listing.model_dump(mode="json")) == (model, {"type": data["type"], "data": data})


def test_contracts_of_a_peer_are_read() -> None:
    signatures = {"accept": {PROVIDER: "a.b.c"}, "reject": {}, "revoke": {}}
    answer = {"contracts": [{"content": content(), "signatures": signatures}], "pagination": {"next_cursor": ""}}
    assert Contracts.model_validate(answer).model_dump(mode="json") == answer


def test_key_set_keeps_members_that_it_does_not_know() -> None:
    keys = {"keys": [{"kty": "EC", "x5c": ["AAAA"], "x5t#S256": "a", "other": 1}]}
    assert Jwks.model_validate(keys).model_dump(mode="json") == keys
