"""The Services that an Inway offers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from wegennet.fsc.api.controller import Service
from wegennet.fsc.core.contract import Protocol
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.gateway.refresh import Refreshed
from wegennet.fsc.inway.services import Endpoint, Services, endpoint, offered
from wegennet.fsc.wire.message import Origin

if TYPE_CHECKING:
    from wegennet.fsc.wire.tls import Choice

ADDRESS = "https://inway.example.nl:8443"


def service(name: str = "parking", url: str = "http://backend:8080", address: str = ADDRESS) -> Service:
    return Service(name=name, endpoint_url=url, inway_address=address)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://backend", Endpoint(Origin("http", "backend", 80), b"")),
        ("https://backend/", Endpoint(Origin("https", "backend", 443), b"")),
        ("http://backend:8080/api/v1/", Endpoint(Origin("http", "backend", 8080), b"/api/v1")),
        ("http://[::1]:8080/a%20b", Endpoint(Origin("http", "::1", 8080), b"/a%20b")),
    ],
)
def test_an_endpoint_is_an_origin_and_a_path(url: str, expected: Endpoint) -> None:
    assert endpoint(url) == expected


@pytest.mark.parametrize("url", ["ftp://backend", "http://", "http://a b", "http://backend/a b", "http://bäckend"])
def test_an_endpoint_that_no_request_can_be_sent_to_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"no http or https URL|ascii"):
        endpoint(url)


def test_services_of_other_inways_are_left_out() -> None:
    assert list(offered([service(), service("permits", address="https://other.example.nl:8443")], ADDRESS)) == [
        "parking"
    ]


def test_a_slash_at_the_end_of_the_inways_address_makes_no_difference() -> None:
    assert "parking" in offered([service(address=f"{ADDRESS}/")], ADDRESS)


class Controller:
    """Answers with what it offers."""

    def __init__(self) -> None:
        self.offers: dict[str, Endpoint] = {}
        self.asked = 0

    async def fetch(self) -> dict[str, Endpoint]:
        self.asked += 1
        return dict(self.offers)


def services(controller: Controller, protocols: dict[str, Protocol] | None = None) -> Services:
    async def published() -> dict[str, Protocol]:
        return protocols or {}

    return Services(
        Refreshed("services", controller.fetch, every=60, pause=0), Refreshed("protocols", published, every=60)
    )


def test_a_service_that_is_known_is_not_asked_for_again() -> None:
    async def scenario() -> None:
        controller = Controller()
        controller.offers = {"parking": endpoint("http://backend")}
        found = services(controller)
        await found.find("parking")
        await found.find("parking")
        assert controller.asked == 1

    asyncio.run(scenario())


def test_a_service_that_is_not_offered_is_asked_for_and_not_found() -> None:
    async def scenario() -> None:
        controller = Controller()
        found = services(controller)
        with pytest.raises(FscError) as refusal:
            await found.find("parking")
        assert (refusal.value.code, controller.asked) == (ErrorCode.SERVICE_NOT_FOUND, 1)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("protocol", "scheme", "choice"),
    [
        (None, "http", "1.1"),
        (Protocol.HTTP_1_1, "https", "1.1"),
        (Protocol.HTTP_2, "http", "2"),
        (Protocol.HTTP_2, "https", None),
    ],
)
def test_a_service_is_spoken_to_as_it_is_published(protocol: Protocol | None, scheme: str, choice: Choice) -> None:
    known = {"parking": protocol} if protocol else None
    assert asyncio.run(services(Controller(), known).protocol("parking", scheme)) == choice
