from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.component import Answer

    Call = Callable[..., Answer]

ADDRESS = "https://inway.example.nl:443"
THUMBPRINT = "ab" * 32
PARKING = {"name": "parking", "endpoint_url": "http://parking:8080", "inway_address": ADDRESS}


def test_an_inway_that_registers_is_listed(register: Call, administer: Call) -> None:
    before = int(time.time())
    assert register("PUT", "/inways/one", {"address": ADDRESS}).status == 204
    (inway,) = administer("GET", "/inways").body["inways"]
    assert (inway["name"], inway["address"]) == ("one", ADDRESS)
    assert before <= inway["last_seen_at"] <= int(time.time()) + 1


def test_an_outway_that_registers_is_listed(register: Call, administer: Call) -> None:
    outway = {"public_key_thumbprint": THUMBPRINT, "domain_names": ["outway.example.nl"]}
    assert register("PUT", "/outways/one", outway).status == 204
    (listed,) = administer("GET", "/outways").body["outways"]
    assert {name: listed[name] for name in ("name", *outway)} == {"name": "one", **outway}


def test_registering_again_says_that_it_is_still_there(register: Call, administer: Call) -> None:
    register("PUT", "/inways/one", {"address": ADDRESS})
    first = administer("GET", "/inways").body["inways"][0]["last_seen_at"]

    def seen_later() -> bool:
        register("PUT", "/inways/one", {"address": ADDRESS})
        (inway,) = administer("GET", "/inways").body["inways"]
        return inway["last_seen_at"] > first

    eventually(seen_later)


def test_registering_again_changes_the_address(register: Call, administer: Call) -> None:
    register("PUT", "/inways/one", {"address": "https://old:443"})
    register("PUT", "/inways/one", {"address": ADDRESS})
    assert [inway["address"] for inway in administer("GET", "/inways").body["inways"]] == [ADDRESS]


def test_a_service_is_found(register: Call, administer: Call) -> None:
    administer("POST", "/services", PARKING)
    assert register("GET", "/services/parking").body == PARKING


def test_an_unknown_service_is_not_found(register: Call) -> None:
    assert register("GET", "/services/parking").status == 404


def test_an_inway_gets_the_services_with_its_address(register: Call, administer: Call) -> None:
    register("PUT", "/inways/one", {"address": ADDRESS})
    administer("POST", "/services", PARKING)
    administer("POST", "/services", PARKING | {"name": "other", "inway_address": "https://other:443"})
    assert register("GET", "/inways/one/services").body["services"] == [PARKING]


def test_an_inway_that_did_not_register_is_not_found(register: Call) -> None:
    answer = register("GET", "/inways/one/services")
    assert (answer.status, answer.body["message"]) == (404, "No inway one has registered.")


def test_a_group_with_a_slash_may_be_written_as_it_is(register: Call) -> None:
    assert register("PUT", "/inways/one", {"address": ADDRESS}, group="fsc/test.group").status == 204


def test_another_group_is_refused(register: Call) -> None:
    answer = register("PUT", "/inways/one", {"address": ADDRESS}, group="other")
    assert (answer.status, answer.headers["fsc-error-code"]) == (422, "ERROR_CODE_INCORRECT_GROUP_ID")
    assert answer.body["message"] == "This Controller is of group fsc/test.group, not other."


@pytest.mark.parametrize("address", ["http://inway:443", "https://inway", "inway:443", "https://inway:443/path", ""])
def test_an_inway_with_a_wrong_address_is_refused(register: Call, address: str) -> None:
    assert register("PUT", "/inways/one", {"address": address}).status == 400


@pytest.mark.parametrize("thumbprint", ["", "ab", "AB" * 32, "zz" * 32])
def test_an_outway_with_a_wrong_thumbprint_is_refused(register: Call, thumbprint: str) -> None:
    assert register("PUT", "/outways/one", {"public_key_thumbprint": thumbprint}).status == 400


def test_the_administration_is_not_on_this_listener(register: Call) -> None:
    assert register("GET", "/inways").status == 404
