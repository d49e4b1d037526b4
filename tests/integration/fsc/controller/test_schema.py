"""Requests made up from the OpenAPI documents: every answer is one that the document names, and none is a 5xx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import schemathesis
from hypothesis import HealthCheck, settings

from wegennet.fsc.controller.process import applications
from wegennet.fsc.service.metrics import Metrics
from wegennet.fsc.service.openapi import document
from wegennet.fsc.storage.database import Database

if TYPE_CHECKING:
    from support.component import Component, InternalPki

APPLICATIONS = applications(Database("postgres://nowhere"), "fsc/test.group", Metrics())
REGISTRATION = schemathesis.openapi.from_dict(document(APPLICATIONS.registration))
ADMINISTRATION = schemathesis.openapi.from_dict(document(APPLICATIONS.administration))
QUICK = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def ask(case: schemathesis.Case, controller: Component, listener: str, pki: InternalPki) -> None:
    url = f"https://127.0.0.1:{controller.ports[listener]}"
    # What a field's own words ask for (an address, a group) is not all in its schema.
    excluded = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]
    case.call_and_validate(
        base_url=url, cert=tuple(map(str, pki.client)), verify=str(pki.roots), excluded_checks=excluded
    )


@REGISTRATION.parametrize()
@QUICK
def test_registration(case: schemathesis.Case, controller: Component, pki: InternalPki) -> None:
    ask(case, controller, "LISTEN_ADDRESS_REGISTRATION_API", pki)


@ADMINISTRATION.parametrize()
@QUICK
def test_administration(case: schemathesis.Case, controller: Component, pki: InternalPki) -> None:
    ask(case, controller, "LISTEN_ADDRESS_ADMINISTRATION_API", pki)
