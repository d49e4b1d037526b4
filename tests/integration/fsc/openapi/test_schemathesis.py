"""Requests that schemathesis draws from our document of the external API, valid and not, to a Manager of the group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from support.openapi import exchanges, official
from support.openapi.document import Answered, Asked

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
    max_examples=30, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_every_answer_is_documented(
    operation: Any,
    mode: schemathesis.GenerationMode,
    data: st.DataObject,
    provider: Participant,
    session: requests.Session,
) -> None:
    """Nothing is answered outside the document, and nothing is granted that is not in it.

    Valid requests may be refused: nobody draws a signature, a grant, a cursor or a Manager's address that holds.
    Wrong ones may be granted when nothing of what is wrong is left on the wire: a limit of `{}` is not sent at all.
    What was sent is looked at instead.
    """
    case = data.draw(operation.as_strategy(generation_mode=mode))
    answer = case.call_and_validate(
        base_url=provider.manager_address,
        session=session,
        cert=session.cert,
        verify=session.verify,
        timeout=10,
        excluded_checks=[positive_data_acceptance, negative_data_rejection],
    )
    sent = answer.request
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    exchanges.check(
        official.OURS,
        Asked(sent.method, sent.path_url, {name.lower(): value for name, value in sent.headers.items()}, body),
        Answered(
            answer.status_code, {name.lower(): value[0] for name, value in answer.headers.items()}, answer.content
        ),
    )
