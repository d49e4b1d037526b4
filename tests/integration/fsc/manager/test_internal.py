from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from integration.fsc.manager.group import new_content
from integration.fsc.manager.servers import Caller
from support.waiting import eventually
from unit.fsc.manager import made

from wegennet.fsc.core.hashes import content_hash, grant_hashes

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Played


@pytest.fixture(scope="module")
def directory(group: Group) -> Manager:
    """The directory."""
    return group.manager(group.directory, auto_sign_grants="servicePublication")


@pytest.fixture(scope="module")
def manager(group: Group, directory: Manager) -> Manager:
    """Whose internal API is called."""
    return group.manager(group.member("Own"))


@pytest.fixture(scope="module")
def provider(group: Group, manager: Manager) -> Played:
    """Another peer."""
    played = group.played(group.member("Provider"))
    played.member.write("PUT", f"{manager.member.address}/v1/announce")
    return played


@pytest.fixture
def grant(manager: Manager, provider: Played) -> dict[str, Any]:
    """A grant for us to connect."""
    return made.connection(consumer=manager.member.id, provider=provider.member.id)


# Contracts.


def test_a_contract_is_made_with_our_accept(manager: Manager, grant: dict[str, Any]) -> None:
    content = new_content(grant)
    answer = manager.administer("POST", "/contracts", {"contract_content": content})
    assert answer.status == 201
    whole = made.contract_of({**content, "fsc_version": "2.0.0", "grants": [{"data": grant}]})
    assert answer.json == {"content_hash": content_hash(whole), "grant_hashes": grant_hashes(whole)}
    assert manager.signers(content_hash(whole)) == {manager.member.id}


def test_the_same_contract_again_changes_nothing(manager: Manager, grant: dict[str, Any]) -> None:
    body = {"contract_content": new_content(grant)}
    first, second = (manager.administer("POST", "/contracts", body) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert len(manager.distributions(first.json["content_hash"])) == 1


def test_a_contract_is_shown_with_state_hashes_and_signatures(manager: Manager, grant: dict[str, Any]) -> None:
    contract = manager.contract(manager.make(grant))
    assert contract["state"] == "CONTRACT_STATE_PROPOSED"
    assert contract["hash"] == contract["content_hash"]
    [shown] = contract["content"]["grants"]
    assert shown == {**grant, "hash": shown["hash"]}
    assert shown["hash"].startswith("$1$3$")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"group_id": "other"}, 422, "INCORRECT_GROUP_ID"),
        ({"grants": []}, 422, "SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH"),
        ({"validity": {"not_before": 1, "not_after": 2}}, 422, "SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH"),
        ({"iv": "x"}, 400, "INVALID_REQUEST"),
        ({"surprise": 1}, 400, "INVALID_REQUEST"),
    ],
)
def test_content_that_makes_no_contract_is_refused(
    manager: Manager, grant: dict[str, Any], changed: dict[str, Any], status: int, code: str
) -> None:
    answer = manager.administer("POST", "/contracts", {"contract_content": {**new_content(grant), **changed}})
    assert (answer.status, answer.code) == (status, code)


def test_a_contract_without_us_is_refused(manager: Manager, provider: Played) -> None:
    grant = made.connection(consumer=made.STRANGER, provider=provider.member.id)
    answer = manager.administer("POST", "/contracts", {"contract_content": new_content(grant)})
    assert (answer.status, answer.code) == (422, "SUBMITTING_PEER_NOT_PART_OF_CONTRACT")


def test_an_iv_that_was_used_before_is_refused(manager: Manager, grant: dict[str, Any]) -> None:
    first = new_content(grant)
    manager.administer("POST", "/contracts", {"contract_content": first})
    second = {**first, "created_at": first["created_at"] - 1}
    assert manager.administer("POST", "/contracts", {"contract_content": second}).status == 422


@pytest.mark.parametrize("kind", ["accept", "reject", "revoke"])
def test_a_signature_is_put_once(manager: Manager, provider: Played, kind: str) -> None:
    content = made.contract(made.connection(consumer=manager.member.id, provider=provider.member.id))
    provider.member.submit(manager.member, content)
    manager.sign(content_hash(content), kind)
    before = manager.contract(content_hash(content))["signatures"]
    manager.sign(content_hash(content), kind)
    assert manager.contract(content_hash(content))["signatures"] == before


@pytest.mark.parametrize("kind", ["accept", "reject", "revoke"])
def test_a_signature_on_an_unknown_contract_is_refused(manager: Manager, kind: str) -> None:
    answer = manager.administer("PUT", f"/contracts/$1$1$x/{kind}")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


def test_a_contract_that_has_ended_cannot_be_accepted(manager: Manager, provider: Played) -> None:
    content = made.contract(made.connection(consumer=manager.member.id, provider=provider.member.id))
    provider.member.put(manager.member, "revoke", content)
    answer = manager.administer("PUT", f"/contracts/{content_hash(content)}/accept")
    assert (answer.status, answer.code) == (409, "CONFLICT")


def test_contracts_are_found_by_every_filter(manager: Manager, grant: dict[str, Any]) -> None:
    contract = manager.contract(manager.make(grant))
    for query in (
        f"content_hash={contract['hash']}",
        f"grant_hash={contract['content']['grants'][0]['hash']}",
        f"content_hash={contract['hash']}&state=CONTRACT_STATE_PROPOSED",
        f"content_hash={contract['hash']}&grant_type=GRANT_TYPE_SERVICE_CONNECTION",
    ):
        assert manager.administer("GET", f"/contracts?{query}").json["contracts"] == [contract], query
    query = f"content_hash={contract['hash']}&state=CONTRACT_STATE_VALID"
    assert manager.administer("GET", f"/contracts?{query}").json["contracts"] == []


def test_contracts_come_in_pages(manager: Manager, grant: dict[str, Any]) -> None:
    wanted = ",".join(manager.make(grant) for _ in range(3))
    seen, cursor = [], ""
    while len(seen) < 5:
        page = manager.administer("GET", f"/contracts?content_hash={wanted}&limit=2&cursor={cursor}").json
        seen += [each["content_hash"] for each in page["contracts"]]
        if not (cursor := page["pagination"]["next_cursor"]):
            break
    assert sorted(seen) == sorted(wanted.split(","))


def test_distributions_of_an_unknown_contract_are_not_found(manager: Manager) -> None:
    assert manager.administer("GET", "/contracts/$1$1$x/distributions").status == 404


# Services and peers.


@pytest.fixture(scope="module")
def published(group: Group, directory: Manager, manager: Manager) -> str:
    """A service that we publish."""
    grant = made.publication("published", directory.member.id, manager.member.id)
    contract = manager.make({**grant, "properties": {"a": 1}})
    manager.sees(contract, "VALID")
    return contract


def test_our_publications_are_listed(manager: Manager, directory: Manager, published: str) -> None:
    [shown] = manager.administer("GET", "/services/publications").json["publications"]
    [grant] = manager.contract(published)["content"]["grants"]
    assert shown == {
        "name": "published",
        "protocol": "PROTOCOL_TCP_HTTP_1.1",
        "properties": {"a": 1},
        "content_hash": published,
        "grant_hash": grant["hash"],
        "directory_peer_id": directory.member.id,
    }


def test_the_services_of_a_peer_are_those_of_the_directory(
    manager: Manager, directory: Manager, published: str
) -> None:
    for asked in (manager, directory):
        answer = asked.administer("GET", f"/peers/{manager.member.id}/services")
        assert [each["data"]["name"] for each in answer.json["services"]] == ["published"]


def test_peers_are_listed(manager: Manager, provider: Played) -> None:
    assert provider.member.id in [peer["id"] for peer in manager.administer("GET", "/peers").json["peers"]]


# Outways.


def usable(manager: Manager, provider: Played, grant: dict[str, Any]) -> str:
    contract = manager.make(grant)
    [posted] = eventually(
        lambda: [each for each in provider.received("/v1/contracts") if _is(each.body["content"], contract)]
    )
    provider.member.put(manager.member, "accept", made.contract_of(posted.body["content"]))
    return contract


def _is(content: Any, contract: str) -> bool:
    return content_hash(made.contract_of(content)) == contract


def outway_services(manager: Manager, thumbprint: str, names: str = "") -> list[Any]:
    answer = manager.administer("GET", f"/outways/{thumbprint}/services?domain_name={names}")
    assert answer.status == 200, answer.body
    return list(answer.json["services"])


def test_an_outway_finds_what_its_key_may_use(manager: Manager, provider: Played) -> None:
    key = "ab" * 32
    ids = {"consumer": manager.member.id, "provider": provider.member.id}
    contract = usable(manager, provider, made.delegated_connection(key=key, delegator=provider.member.id, **ids))
    shown = manager.contract(contract)
    assert outway_services(manager, key) == [
        {
            "grant_hash": shown["content"]["grants"][0]["hash"],
            "content_hash": contract,
            "service_name": "service",
            "service_peer_id": provider.member.id,
            "delegator_peer_id": provider.member.id,
            "manager_address": provider.member.address,
            "protocol": "PROTOCOL_TCP_HTTP_1.1",
            "not_after": shown["content"]["validity"]["not_after"],
        }
    ]


@pytest.mark.parametrize("names", ["outway.own.test", "x,OUTWAY.own.test", "*.own.test"])
def test_an_outway_finds_what_its_names_may_use(manager: Manager, provider: Played, names: str) -> None:
    ids = {"consumer": manager.member.id, "provider": provider.member.id}
    contract = usable(manager, provider, made.connection(domain_name="outway.own.test", **ids))
    assert contract in [each["content_hash"] for each in outway_services(manager, "cd" * 32, names)]


def test_an_outway_finds_nothing_for_another_key(manager: Manager, provider: Played) -> None:
    usable(manager, provider, made.connection(consumer=manager.member.id, provider=provider.member.id, key="ef" * 32))
    assert outway_services(manager, "01" * 32, "other.test,*.test") == []


def test_the_protocol_of_a_service_is_that_of_the_directory(group: Group, directory: Manager, manager: Manager) -> None:
    peer = group.played(group.member("HTTP 2"))
    publication = made.publication("two", directory.member.id, peer.member.id)
    publication["service"]["protocol"] = "PROTOCOL_TCP_HTTP_2"
    peer.member.submit(directory.member, made.contract(publication))
    peer.member.write("PUT", f"{manager.member.address}/v1/announce")
    grant = made.connection("two", consumer=manager.member.id, provider=peer.member.id, key="23" * 32)
    usable(manager, peer, grant)
    [service] = outway_services(manager, "23" * 32)
    assert service["protocol"] == "PROTOCOL_TCP_HTTP_2"


def test_an_outway_key_that_is_none_is_refused(manager: Manager) -> None:
    assert manager.administer("GET", "/outways/x/services").status == 400


# Who may call.


def test_the_internal_api_asks_for_an_internal_certificate(group: Group, manager: Manager) -> None:
    url = f"https://{manager.settings.listen_address_internal}/v1/contracts"
    for files in (None, manager.member.group):
        with pytest.raises(OSError, match=r"(?i)alert|reset|eof|closed|certificate"):
            Caller(files, manager.member.internal_anchor)("GET", url)


def test_the_unauthenticated_api_gives_keys_and_publications_and_nothing_else(manager: Manager, published: str) -> None:
    call = Caller(None, manager.member.internal_anchor)
    base = f"https://{manager.settings.listen_address_internal_unauthenticated}/v1"
    assert call("GET", f"{base}/.well-known/jwks.json").json["keys"]
    assert call("GET", f"{base}/services/publications").json["publications"][0]["name"] == "published"
    for path in ("/contracts", "/peers", "/logs", "/token"):
        assert call("GET", f"{base}{path}").status == 404


def test_who_signed_is_in_the_audit_log(
    manager: Manager, grant: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    contract = manager.make(grant)
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith('{"log": "audit"')]
    [line] = [line for line in lines if line["content_hash"] == contract]
    assert (line["action"], line["actor"]) == ("contract.accept", "internal: administrator")
