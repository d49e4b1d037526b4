"""How a municipality goes: never with its data unless that is confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.api import GROUP, condition
from support.operator import finish_removal
from support.waiting import eventually

if TYPE_CHECKING:
    from support.api import Api
    from support.operator import Platform

pytestmark = pytest.mark.integration

PATH = f"{GROUP}/municipalities/gm0513"
CLAIM: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "zaken"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def terminating(api: Api) -> bool:
    return "deletionTimestamp" in api.get("/api/v1/namespaces/gm0513")["metadata"]


def with_data(platform: Platform, api: Api) -> None:
    platform.provisioned(513)
    api.create("/api/v1/namespaces/gm0513/persistentvolumeclaims", CLAIM)


def namespace_uid(api: Api) -> str:
    return str(api.get("/api/v1/namespaces/gm0513")["metadata"]["uid"])


def confirm(api: Api, value: str) -> None:
    api.merge(PATH, {"metadata": {"annotations": {"wegennet.commonground.nl/confirm-deletion": value}}})


def test_without_data_the_namespace_goes_and_then_the_municipality(platform: Platform, api: Api) -> None:
    platform.provisioned(513)
    api.delete(PATH)
    eventually(lambda: terminating(api))
    assert api.exists(PATH)
    finish_removal(api, "gm0513")
    eventually(lambda: not api.exists(PATH))


def test_with_data_it_is_held_and_says_what_holds_it_and_how_to_confirm(platform: Platform, api: Api) -> None:
    with_data(platform, api)
    api.delete(PATH)
    eventually(lambda: platform.reason("gm0513") == "HeldForData")
    message = condition(platform.see("gm0513"))["message"]
    assert "zaken" in message
    assert f"wegennet.commonground.nl/confirm-deletion={namespace_uid(api)}" in message
    assert not terminating(api)


@pytest.mark.parametrize("value", ["gm0513", "true", "11111111-2222-3333-4444-555555555555"])
def test_a_confirmation_of_anything_else_confirms_nothing(platform: Platform, api: Api, value: str) -> None:
    with_data(platform, api)
    confirm(api, value)
    api.delete(PATH)
    eventually(lambda: platform.reason("gm0513") == "HeldForData")
    assert not terminating(api)


def test_once_confirmed_it_goes_with_its_data(platform: Platform, api: Api) -> None:
    with_data(platform, api)
    api.delete(PATH)
    eventually(lambda: platform.reason("gm0513") == "HeldForData")
    confirm(api, namespace_uid(api))
    eventually(lambda: terminating(api))


def test_it_goes_by_itself_once_its_data_are_gone(platform: Platform, api: Api) -> None:
    with_data(platform, api)
    api.delete(PATH)
    eventually(lambda: platform.reason("gm0513") == "HeldForData")
    claim = "/api/v1/namespaces/gm0513/persistentvolumeclaims/zaken"
    api.delete(claim)
    api.merge(claim, {"metadata": {"finalizers": None}})
    eventually(lambda: terminating(api), within=30)


def test_a_confirmation_holds_for_one_namespace_and_not_for_the_next(platform: Platform, api: Api) -> None:
    with_data(platform, api)
    confirm(api, namespace_uid(api))
    platform.declare(513, lifecycle="Leaving")
    eventually(lambda: terminating(api))
    finish_removal(api, "gm0513")
    eventually(lambda: platform.reason("gm0513") == "Left")
    with_data(platform, api)
    api.delete(PATH)
    eventually(lambda: platform.reason("gm0513") == "HeldForData")
    assert not terminating(api)


def test_one_that_leaves_gives_up_its_namespace_and_stays_on_the_list(platform: Platform, api: Api) -> None:
    platform.provisioned(513)
    platform.declare(513, lifecycle="Leaving")
    eventually(lambda: terminating(api))
    finish_removal(api, "gm0513")
    eventually(lambda: platform.reason("gm0513") == "Left")


def test_one_that_leaves_with_data_is_held_too_and_may_still_come_back(platform: Platform, api: Api) -> None:
    with_data(platform, api)
    platform.declare(513, lifecycle="Leaving")
    eventually(lambda: platform.reason("gm0513") == "HeldForData")
    platform.declare(513)
    eventually(lambda: platform.ready("gm0513"))
    assert api.exists("/api/v1/namespaces/gm0513/persistentvolumeclaims/zaken")


def test_a_namespace_of_somebody_else_does_not_hold_a_municipality_and_is_not_removed(
    platform: Platform, api: Api
) -> None:
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gm0513"}})
    platform.declare(513)
    eventually(lambda: platform.reason("gm0513") == "Conflict")
    api.delete(PATH)
    eventually(lambda: not api.exists(PATH))
    assert not terminating(api)
