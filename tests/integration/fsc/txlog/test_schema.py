"""Requests made up from the OpenAPI document: every answer is one that the document names, and none is a 5xx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import schemathesis
from hypothesis import HealthCheck, settings
from prometheus_client import CollectorRegistry

from wegennet.fsc.service.metrics import Metrics
from wegennet.fsc.service.openapi import document
from wegennet.fsc.storage.database import Database
from wegennet.fsc.txlog.metrics import TxlogMetrics
from wegennet.fsc.txlog.process import application

if TYPE_CHECKING:
    from support.component import Component, InternalPki

APPLICATION = application(Database("postgres://nowhere"), Metrics(), TxlogMetrics(CollectorRegistry()))
DOCUMENT = document(APPLICATION)
API = schemathesis.openapi.from_dict(DOCUMENT)


@API.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_transaction_log(case: schemathesis.Case, txlog: Component, pki: InternalPki) -> None:
    # A cursor is only one that the log gave, which a schema cannot say.
    excluded = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]
    url = f"https://127.0.0.1:{txlog.ports['LISTEN_ADDRESS']}"
    case.call_and_validate(
        base_url=url, cert=tuple(map(str, pki.client)), verify=str(pki.roots), excluded_checks=excluded
    )


def test_lists_in_a_query_are_separated_by_commas() -> None:
    parameters = DOCUMENT["paths"]["/v1/logs"]["get"]["parameters"]
    separated = {one["name"] for one in parameters if one.get("style") == "form" and one["explode"] is False}
    assert separated == {"grant_hash", "service_name", "transaction_ids"}
