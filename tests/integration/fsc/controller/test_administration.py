from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.component import Answer, Component, InternalPki

    Call = Callable[..., Answer]

ADDRESS = "https://inway.example.nl:443"
PARKING = {"name": "parking", "endpoint_url": "http://parking:8080/v1", "inway_address": ADDRESS}


def settings(**changes: str) -> dict[str, str]:
    return {"endpoint_url": PARKING["endpoint_url"], "inway_address": ADDRESS, **changes}


def test_a_service_that_was_added_is_there(administer: Call) -> None:
    added = administer("POST", "/services", PARKING)
    assert (added.status, added.body) == (201, PARKING)
    assert administer("GET", "/services/parking").body == PARKING


def test_services_are_listed_by_name(administer: Call) -> None:
    for name in ("b", "c", "a"):
        administer("POST", "/services", PARKING | {"name": name})
    listed = administer("GET", "/services").body
    assert [service["name"] for service in listed["services"]] == ["a", "b", "c"]
    assert listed["pagination"] == {"next_cursor": ""}


def test_the_list_says_whether_the_inway_of_a_service_has_registered(administer: Call, register: Call) -> None:
    administer("POST", "/services", PARKING)
    assert administer("GET", "/services").body["services"] == [PARKING | {"inway_registered": False}]
    register("PUT", "/inways/one", {"address": ADDRESS + "/"})
    assert administer("GET", "/services").body["services"] == [PARKING | {"inway_registered": True}]


def test_a_name_is_taken_once(administer: Call) -> None:
    administer("POST", "/services", PARKING)
    again = administer("POST", "/services", PARKING | {"endpoint_url": "http://other"})
    assert (again.status, again.headers["fsc-error-code"]) == (409, "ERROR_CODE_CONFLICT")
    assert again.body["message"] == "There is a service parking already; change it with PUT /v1/services/parking."
    assert administer("GET", "/services/parking").body == PARKING


def test_a_put_adds_and_changes_and_can_be_repeated(administer: Call) -> None:
    for endpoint in ("http://one", "http://two", "http://two"):
        answer = administer("PUT", "/services/parking", settings(endpoint_url=endpoint))
        assert (answer.status, answer.body["endpoint_url"]) == (200, endpoint)
    assert administer("GET", "/services/parking").body["endpoint_url"] == "http://two"


def test_a_service_that_was_deleted_is_gone(administer: Call) -> None:
    administer("POST", "/services", PARKING)
    assert administer("DELETE", "/services/parking").status == 204
    assert administer("GET", "/services/parking").status == 404
    assert administer("DELETE", "/services/parking").status == 404


def test_an_unknown_service_is_named(administer: Call) -> None:
    answer = administer("GET", "/services/nothing")
    assert (answer.status, answer.headers["fsc-error-code"]) == (404, "ERROR_CODE_NOT_FOUND")
    assert answer.body == {
        "message": "There is no service nothing.",
        "domain": "ERROR_DOMAIN_CONTROLLER",
        "code": "ERROR_CODE_NOT_FOUND",
    }


@pytest.mark.parametrize("name", ["a b", "a/b", "", "é", "a" * 101, "a\n", "a\u0000"])
def test_a_name_outside_the_standards_pattern_is_refused(administer: Call, name: str) -> None:
    answer = administer("POST", "/services", PARKING | {"name": name})
    assert (answer.status, answer.headers["fsc-error-code"]) == (400, "ERROR_CODE_INVALID_REQUEST")
    assert administer("GET", "/services").body["services"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoint_url", "ftp://parking"),
        ("endpoint_url", "parking:8080"),
        ("endpoint_url", "http://"),
        ("endpoint_url", "http://user:s3cret@parking"),
        ("endpoint_url", "http://parking:99999"),
        ("inway_address", "http://inway:443"),
        ("inway_address", "https://inway"),
        ("inway_address", "https://inway:443/path"),
        ("inway_address", "https://user@inway:443"),
    ],
)
def test_a_wrong_address_is_refused_with_its_field(administer: Call, field: str, value: str) -> None:
    answer = administer("POST", "/services", PARKING | {field: value})
    assert answer.status == 400
    assert field in answer.body["message"]
    assert "s3cret" not in answer.body["message"]


def test_a_field_that_is_unknown_is_refused(administer: Call) -> None:
    answer = administer("POST", "/services", PARKING | {"endpoint": "http://parking"})
    assert answer.status == 400
    assert "endpoint" in answer.body["message"]


def test_what_is_administered_is_there_after_a_restart(start: Callable[..., Component], pki: InternalPki) -> None:
    context, listener = pki.context(pki.client), "LISTEN_ADDRESS_ADMINISTRATION_API"
    first = start()
    first.until_ready()
    assert first.call(listener, context, "POST", "/v1/services", PARKING).status == 201
    first.kill()
    second = start()
    second.until_ready()
    assert second.call(listener, context, "GET", "/v1/services/parking").body == PARKING


def test_two_groups_on_one_database_have_their_own(start: Callable[..., Component], pki: InternalPki) -> None:
    context, listener = pki.context(pki.client), "LISTEN_ADDRESS_ADMINISTRATION_API"
    one, other = start(GROUP_ID="one"), start(GROUP_ID="other")
    for controller in (one, other):
        controller.until_ready()
    one.call(listener, context, "POST", "/v1/services", PARKING)
    assert other.call(listener, context, "GET", "/v1/services").body["services"] == []


@pytest.mark.parametrize("listener", ["LISTEN_ADDRESS_REGISTRATION_API", "LISTEN_ADDRESS_ADMINISTRATION_API"])
def test_a_client_without_certificate_is_refused(controller: Component, pki: InternalPki, listener: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011 (how it shows depends on the TLS version)
        controller.call(listener, pki.context(None), "GET", "/v1/services")


def test_the_variables_of_the_user_interface_are_accepted_and_said_to_do_nothing(
    start: Callable[..., Component],
) -> None:
    controller = start(LISTEN_ADDRESS_UI="127.0.0.1:8080", AUTHN_TYPE="oidc", AUTHZ_TYPE="rbac", AUDITLOG_TYPE="stdout")
    controller.until_ready()
    assert "no user interface is served" in controller.output()


def test_a_group_is_needed(start: Callable[..., Component]) -> None:
    controller = start(GROUP_ID="")
    assert controller.process.wait(30) == 1
    assert "GROUP_ID is not set; for example GROUP_ID=fsc-test." in controller.output()


def test_sigterm_ends_it_in_good_order(start: Callable[..., Component]) -> None:
    controller = start()
    controller.until_ready()
    assert controller.terminate() == 0
