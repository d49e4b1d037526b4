from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from unit.fsc.manager import made

from wegennet.fsc.manager.autosign import AutoSign
from wegennet.fsc.manager.settings import ManagerSettings
from wegennet.fsc.service.settings import SettingsError, load
from wegennet.fsc.trial.keys import chain_pem
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.trial.keys import Files


def certificate(folder: Path, name: str, peer_id: str | None = made.PROVIDER, host: str = "manager.test") -> Files:
    return made.authority().issue(Subject(name, peer_id, "A peer", (host,))).store(folder, name)


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """A complete configuration."""
    anchor, group = tmp_path / "root.pem", certificate(tmp_path, "group")
    anchor.write_bytes(chain_pem([made.authority().anchor]))
    internal = certificate(tmp_path, "internal", None)
    return {
        "group_id": made.GROUP,
        "self_address": "https://manager.test:8443",
        "directory_peer_id": made.DIRECTORY,
        "directory_manager_address": "https://directory.test:443",
        "controller_registration_api_address": "https://controller:9443",
        "storage_postgres_dsn": "postgres://user:secret@host/database",
        "tls_group_root_cert": anchor,
        "tls_group_cert": group.certificate,
        "tls_group_key": group.key,
        "tls_root_cert": anchor,
        "tls_cert": internal.certificate,
        "tls_key": internal.key,
    }


def mistakes(given: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as raised:
        load(ManagerSettings, **given)
    return "\n".join(raised.value.mistakes)


def test_our_peer_is_that_of_the_group_certificate(given: dict[str, Any]) -> None:
    assert load(ManagerSettings, **given).own.id == made.PROVIDER


@pytest.mark.parametrize(
    ("changed", "is_directory"),
    [
        ({}, False),
        ({"directory_peer_id": made.PROVIDER}, True),
        ({"directory_manager_address": "https://manager.test:8443/"}, True),
    ],
)
def test_a_manager_is_the_directory_by_its_peer_or_its_address(
    given: dict[str, Any], changed: dict[str, str], is_directory: bool
) -> None:
    assert load(ManagerSettings, **{**given, **changed}).is_directory is is_directory


def test_grants_to_accept_by_rule_are_a_list(given: dict[str, Any]) -> None:
    settings = load(ManagerSettings, **given, auto_sign_grants="servicePublication, serviceConnection")
    assert settings.auto_sign == {AutoSign.SERVICE_PUBLICATION, AutoSign.SERVICE_CONNECTION}


def test_the_group_certificate_signs_unless_there_are_others(given: dict[str, Any], tmp_path: Path) -> None:
    settings = load(ManagerSettings, **given)
    assert settings.token_files == settings.contract_files == (given["tls_group_cert"], given["tls_group_key"])
    token = certificate(tmp_path, "token")
    own = {"tls_group_token_cert": token.certificate, "tls_group_token_key": token.key}
    assert load(ManagerSettings, **given, **own).token_files == (token.certificate, token.key)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"group_id": "a group"}, "GROUP_ID"),
        ({"self_address": "https://manager.test:9443"}, "SELF_ADDRESS must be https://host:port with port 443 or 8443"),
        ({"directory_peer_id": "1"}, "DIRECTORY_PEER_ID"),
        ({"auto_sign_grants": "everything"}, "AUTO_SIGN_GRANTS must be a list of servicePublication, "),
        ({"authzen_auto_sign_pdp_address": "pdp"}, "AUTHZEN_AUTO_SIGN_PDP_ADDRESS must be an http or https URL"),
        ({"token_ttl": "0"}, "TOKEN_TTL"),
        ({"token_ttl": "48h"}, "TOKEN_TTL"),
        ({"auditlog_type": "rest"}, "AUDITLOG_TYPE must be 'stdout'"),
        ({"self_address": "https://other.test:8443"}, "TLS_GROUP_CERT is not of other.test"),
    ],
)
def test_a_mistake_is_said_with_its_variable(given: dict[str, Any], changed: dict[str, str], said: str) -> None:
    assert said in mistakes({**given, **changed})


def test_certificates_of_two_peers_are_a_mistake(given: dict[str, Any], tmp_path: Path) -> None:
    other = certificate(tmp_path, "other", made.CONSUMER)
    changed = {"tls_group_contract_cert": other.certificate, "tls_group_contract_key": other.key}
    assert "TLS_GROUP_CONTRACT_CERT is of peer" in mistakes({**given, **changed})


def test_a_key_of_another_certificate_is_a_mistake(given: dict[str, Any], tmp_path: Path) -> None:
    other = certificate(tmp_path, "other")
    assert "TLS_GROUP_TOKEN_CERT" in mistakes({**given, "tls_group_token_key": other.key})


def test_a_certificate_of_no_peer_is_a_mistake(given: dict[str, Any], tmp_path: Path) -> None:
    nobody = certificate(tmp_path, "nobody", None)
    changed = {"tls_group_cert": nobody.certificate, "tls_group_key": nobody.key}
    assert "TLS_GROUP_CERT and TLS_GROUP_KEY cannot be used" in mistakes({**given, **changed})


def test_a_certificate_that_the_group_does_not_trust_is_a_mistake(given: dict[str, Any], tmp_path: Path) -> None:
    stranger = Authority.root("Somebody else").issue(Subject("group", made.PROVIDER, "A peer", ("manager.test",)))
    files = stranger.store(tmp_path, "stranger")
    changed = {"tls_group_cert": files.certificate, "tls_group_key": files.key}
    assert "TLS_GROUP_CERT and TLS_GROUP_KEY cannot be used under TLS_GROUP_ROOT_CERT" in mistakes({**given, **changed})
    signing = {"tls_group_contract_cert": files.certificate, "tls_group_contract_key": files.key}
    assert "TLS_GROUP_CONTRACT_CERT and TLS_GROUP_CONTRACT_KEY cannot be used under" in mistakes({**given, **signing})


def test_mistakes_in_certificates_are_said_beside_those_in_other_variables(
    given: dict[str, Any], tmp_path: Path
) -> None:
    other = certificate(tmp_path, "other")
    said = mistakes({**given, "group_id": "a group", "tls_group_key": other.key, "tls_key": other.key})
    assert "GROUP_ID" in said
    assert "TLS_GROUP_CERT, TLS_GROUP_KEY and TLS_GROUP_ROOT_CERT do not work together" in said
    assert "TLS_CERT, TLS_KEY and TLS_ROOT_CERT do not work together" in said


def test_no_mistake_says_a_password(given: dict[str, Any]) -> None:
    assert "secret" not in mistakes({**given, "storage_postgres_dsn": "postgres://user:secret@[host"})
