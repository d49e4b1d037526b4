"""Requests made up from the Manager's OpenAPI documents: every answer is one that a document names, none is a 5xx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import schemathesis
from hypothesis import HealthCheck, settings
from support.openapi.exchanges import document

if TYPE_CHECKING:
    from support.fsc.client import Client
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant

EXTERNAL, INTERNAL, UNAUTHENTICATED = (
    schemathesis.openapi.from_dict(document(f"manager-{name}").content)
    for name in ("external", "internal", "unauthenticated")
)
QUICK = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def _ask(case: schemathesis.Case, client: Client) -> None:
    # What a signature or a hash has to be is not in a schema, so that what is well-formed may be refused.
    excluded = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]
    certificate = (str(client.files.certificate), str(client.files.key)) if client.files else None
    case.call_and_validate(base_url=client.url, cert=certificate, verify=str(client.anchor), excluded_checks=excluded)


@EXTERNAL.parametrize()
@QUICK
def test_external_api(case: schemathesis.Case, provider: Participant, outsider: Outsider) -> None:
    _ask(case, outsider.at(provider.manager_address))


@INTERNAL.parametrize()
@QUICK
def test_internal_api(case: schemathesis.Case, provider: Participant) -> None:
    _ask(case, provider.client("manager_internal"))


@UNAUTHENTICATED.parametrize()
@QUICK
def test_unauthenticated_api(case: schemathesis.Case, provider: Participant) -> None:
    _ask(case, provider.client("manager_internal_unauthenticated"))
