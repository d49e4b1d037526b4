"""Requests that schemathesis draws from our document of the external API, valid and not, to a Manager of the group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from wegennet.fsc import openapi
from wegennet.fsc.trial.pki import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.fsc.participant import Participant

    from wegennet.fsc.trial.pki import Authority

SCHEMA = schemathesis.openapi.from_path(openapi.FOLDER / "manager-external.json")
VALID, WRONG = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
# There is no wrong request where nothing is asked for.
TAKING = [operation for operation in OPERATIONS if operation.body or list(operation.iter_parameters())]
DRAWN = [*((operation, VALID) for operation in OPERATIONS), *((operation, WRONG) for operation in TAKING)]


@pytest.fixture(scope="module")
def session(
    authority: Authority, provider: Participant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[requests.Session]:
    """Connections of a peer that does nothing else, so that other tests don't meet what it announces."""
    certified = authority.issue(Subject("drawn.test", "00000099000000999000", "Drawn", ("drawn.test",)))
    files = certified.store(tmp_path_factory.mktemp("drawn"), "drawn")
    with requests.Session() as session:
        session.cert = (str(files.certificate), str(files.key))
        session.verify = str(provider.anchor)
        yield session


@pytest.mark.parametrize(("operation", "mode"), DRAWN, ids=lambda part: getattr(part, "label", str(part)))
@seed(1)
@settings(
    max_examples=10, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_every_answer_is_documented(
    operation: Any,
    mode: schemathesis.GenerationMode,
    data: st.DataObject,
    provider: Participant,
    session: requests.Session,
) -> None:
    """Valid requests may be refused: nobody draws a signature, a grant, a cursor or a Manager's address that holds."""
    case = data.draw(operation.as_strategy(generation_mode=mode))
    case.call_and_validate(
        base_url=provider.manager_address,
        session=session,
        cert=session.cert,
        verify=session.verify,
        timeout=10,
        excluded_checks=[positive_data_acceptance],
    )
