"""Requests that schemathesis makes up from our documents of a Manager's internal APIs: answered as documented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from wegennet.fsc import openapi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.fsc.client import Client
    from support.fsc.participant import Participant

INTERNAL, UNAUTHENTICATED = (
    schemathesis.openapi.from_path(openapi.FOLDER / f"manager-{name}.json") for name in ("internal", "unauthenticated")
)
QUICK = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections that are kept."""
    with requests.Session() as session:
        yield session


def _ask(case: schemathesis.Case, client: Client, session: requests.Session) -> None:
    """Asks; what is well-formed may be refused, since nobody makes up a hash or a peer that is known."""
    assert client.files
    case.call_and_validate(
        base_url=client.url,
        session=session,
        cert=(str(client.files.certificate), str(client.files.key)),
        verify=str(client.anchor),
        timeout=10,
        excluded_checks=[positive_data_acceptance],
    )


@INTERNAL.parametrize()
@QUICK
def test_internal_api(case: schemathesis.Case, provider: Participant, session: requests.Session) -> None:
    _ask(case, provider.client("manager_internal"), session)


@UNAUTHENTICATED.parametrize()
@QUICK
def test_unauthenticated_api(case: schemathesis.Case, provider: Participant, session: requests.Session) -> None:
    _ask(case, provider.client("manager_internal_unauthenticated"), session)
