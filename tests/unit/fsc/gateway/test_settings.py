"""Configuration of Inway and Outway, and what is said of mistakes in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.gateways.peers import PROVIDER, authority

from wegennet.fsc.inway.settings import InwaySettings
from wegennet.fsc.outway.settings import OutwaySettings
from wegennet.fsc.service.settings import SettingsError, load
from wegennet.fsc.trial.keys import chain_pem
from wegennet.fsc.trial.pki import Subject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, Any]:
    subject = Subject("inway", peer_id=PROVIDER, peer_name="Provider", hosts=("inway.example.nl",))
    files = authority().issue(subject).store(tmp_path, "group")
    (tmp_path / "root.crt").write_bytes(chain_pem([authority().anchor]))
    tls = {"root_cert": tmp_path / "root.crt", "cert": files.certificate, "key": files.key}
    return {
        **{f"tls_{name}": path for name, path in tls.items()},
        **{f"tls_group_{name}": path for name, path in tls.items()},
        "group_id": "fsc.test",
        "name": "gateway",
        "controller_registration_api_address": "https://controller:9443",
        "tx_log_api_address": "https://txlog:9443",
    }


INWAY = {
    "self_address": "https://inway.example.nl:443",
    "manager_internal_unauthenticated_address": "https://manager:9444",
}


def mistakes(variables: dict[str, Any], **other: Any) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(InwaySettings, **{**variables, **INWAY, **other})
    return error.value.mistakes


def test_an_inway_listens_where_openfsc_does_by_default(variables: dict[str, Any]) -> None:
    settings = load(InwaySettings, **variables, **INWAY)
    assert (str(settings.listen_address), str(settings.monitoring_address)) == ("0.0.0.0:8443", "0.0.0.0:8081")


def test_an_outway_keeps_grants_for_five_seconds_by_default(variables: dict[str, Any]) -> None:
    settings = load(OutwaySettings, **variables, manager_internal_address="https://manager:9443")
    assert settings.grant_links_cache_ttl.total_seconds() == 5


def test_a_gateway_needs_a_transaction_log(variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    del variables["tx_log_api_address"]
    monkeypatch.setenv("TX_LOG_API_ADDRESS", "")
    assert mistakes(variables) == ["TX_LOG_API_ADDRESS is not set; for example TX_LOG_API_ADDRESS=https://txlog:9443."]


def test_all_mistakes_are_said_at_once(variables: dict[str, Any]) -> None:
    said = mistakes(variables, group_id="no spaces", self_address="http://inway", response_timeout="soon")
    assert [sentence.split()[0] for sentence in said] == ["GROUP_ID", "RESPONSE_TIMEOUT", "SELF_ADDRESS"]


@pytest.mark.parametrize("address", ["https://inway.example.nl", "https://inway.example.nl:9443"])
def test_an_inway_is_reached_at_a_port_of_the_standard(variables: dict[str, Any], address: str) -> None:
    assert "port 443 or 8443" in mistakes(variables, self_address=address)[0]


def test_the_group_certificate_is_of_the_inways_host(variables: dict[str, Any]) -> None:
    assert "Subject Alternative Name" in mistakes(variables, self_address="https://other.example.nl:443")[0]


def test_the_group_certificate_is_of_a_peer(variables: dict[str, Any], tmp_path: Path) -> None:
    files = authority().issue(Subject("nobody", hosts=("inway.example.nl",))).store(tmp_path, "nobody")
    said = mistakes(variables, tls_group_cert=files.certificate, tls_group_key=files.key)
    assert said[0].startswith("TLS_GROUP_CERT cannot be used")
