from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from unit.fsc.manager import made

from wegennet.fsc.core import jwks
from wegennet.fsc.core.hashes import content_hash, grant_hashes

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Played

    from wegennet.fsc.core.contract import Content


@pytest.fixture(scope="module")
def directory(group: Group) -> Manager:
    """A directory."""
    return group.manager(group.directory, auto_sign_grants="servicePublication,delegatedServicePublication")


@pytest.fixture(scope="module")
def reader(group: Group, directory: Manager) -> Played:
    """Who reads."""
    played = group.played(group.member("Reader"))
    played.member.write("PUT", f"{directory.member.address}/v1/announce")
    return played


@pytest.fixture(scope="module")
def provider(group: Group, directory: Manager) -> Played:
    """Who publishes the services a, b, c, d and e."""
    played = group.played(group.member("Gemeente Zwolle"))
    for name in "abcde":
        publish(directory, played, made.publication(f"service-{name}", directory.member.id, played.member.id))
    return played


def publish(directory: Manager, *peers_and_grant: Any) -> Content:
    *peers, grant = peers_and_grant
    content = made.contract(grant)
    for peer in peers:
        assert peer.member.submit(directory.member, content).status == 201
    return content


def read(reader: Played, directory: Manager, path: str) -> Any:
    answer = reader.member.get(directory.member, path)
    assert answer.status == 200, answer.body
    return answer.json


def names(listed: Any) -> list[str]:
    return [service["data"]["name"] for service in listed["services"]]


# GET /peer


def test_a_manager_says_whose_it_is(reader: Played, directory: Manager) -> None:
    assert read(reader, directory, "/peer") == {
        "peer_id": directory.member.id,
        "peer_name": "Directory",
        "fsc_version": "2.0.0",
        "enabled_extensions": {"EXTENSION_DELEGATION": "1.0.0"},
    }


# GET /peers


def test_who_announced_itself_is_listed(reader: Played, directory: Manager) -> None:
    member = reader.member
    assert {"id": member.id, "name": "Reader", "manager_address": member.address} in read(reader, directory, "/peers")[
        "peers"
    ]


def test_who_submitted_a_contract_is_listed(reader: Played, directory: Manager, provider: Played) -> None:
    [peer] = read(reader, directory, f"/peers?peer_id={provider.member.id}")["peers"]
    assert peer["manager_address"] == provider.member.address


def test_peers_are_found_by_a_part_of_their_name_in_any_case(
    reader: Played, directory: Manager, provider: Played
) -> None:
    found = read(reader, directory, "/peers?peer_name=GEMEENTE")["peers"]
    assert [peer["id"] for peer in found] == [provider.member.id]


def test_peers_are_found_by_ids_whatever_else_is_asked(reader: Played, directory: Manager, provider: Played) -> None:
    query = f"peer_id={provider.member.id},{reader.member.id}&limit=1&peer_name=x"
    found = read(reader, directory, f"/peers?{query}")
    assert {peer["id"] for peer in found["peers"]} == {provider.member.id, reader.member.id}
    assert found["pagination"] == {"next_cursor": ""}


def test_peers_come_in_pages(reader: Played, directory: Manager, provider: Played) -> None:
    everybody = [peer["id"] for peer in read(reader, directory, "/peers?sort_order=SORT_ORDER_ASCENDING")["peers"]]
    assert everybody == sorted(everybody)
    seen, cursor = [], ""
    while len(seen) < 10:
        page = read(reader, directory, f"/peers?limit=1&cursor={cursor}")
        seen += [peer["id"] for peer in page["peers"]]
        if not (cursor := page["pagination"]["next_cursor"]):
            break
    assert seen == everybody[::-1]


# GET /services


def test_published_services_are_listed(reader: Played, directory: Manager, provider: Played) -> None:
    member = provider.member
    [service] = read(reader, directory, "/services?service_name=SERVICE-A")["services"]
    assert service == {
        "type": "SERVICE_TYPE_SERVICE",
        "data": {
            "type": "SERVICE_TYPE_SERVICE",
            "peer": {"id": member.id, "name": "Gemeente Zwolle", "manager_address": member.address},
            "name": "service-a",
            "protocol": "PROTOCOL_TCP_HTTP_1.1",
        },
    }


def test_properties_of_a_publication_are_listed(group: Group, reader: Played, directory: Manager) -> None:
    peer = group.played(group.member("With properties"))
    grant = made.publication("propertied", directory.member.id, peer.member.id)
    publish(directory, peer, {**grant, "properties": {"a": 1}})
    [service] = read(reader, directory, "/services?service_name=propertied")["services"]
    assert service["data"]["properties"] == {"a": 1}


def test_a_service_on_behalf_of_another_names_it(group: Group, reader: Played, directory: Manager) -> None:
    peer, delegator = group.played(group.member("Delegatee")), group.played(group.member("Delegator"))
    ids = {"directory": directory.member.id, "provider": peer.member.id, "delegator": delegator.member.id}
    publish(directory, peer, delegator, made.delegated_publication("delegated", **ids))
    [service] = read(reader, directory, "/services?service_name=delegated")["services"]
    assert service["type"] == service["data"]["type"] == "SERVICE_TYPE_DELEGATED_SERVICE"
    assert service["data"]["delegator"] == {"peer_id": delegator.member.id, "peer_name": "Delegator"}


def test_a_publication_that_is_not_valid_is_not_listed(group: Group, reader: Played, directory: Manager) -> None:
    peer = group.played(group.member("Revoking"))
    content = publish(directory, peer, made.publication("revoked", directory.member.id, peer.member.id))
    assert names(read(reader, directory, "/services?service_name=revoked")) == ["revoked"]
    peer.member.put(directory.member, "revoke", content)
    assert names(read(reader, directory, "/services?service_name=revoked")) == []


def test_a_service_with_two_publications_is_listed_once(group: Group, reader: Played, directory: Manager) -> None:
    peer = group.played(group.member("Twice"))
    for _ in range(2):
        publish(directory, peer, made.publication("twice", directory.member.id, peer.member.id))
    assert names(read(reader, directory, "/services?service_name=twice")) == ["twice"]


def test_services_that_either_filter_holds_for_are_listed(reader: Played, directory: Manager, provider: Played) -> None:
    found = read(reader, directory, f"/services?peer_id={provider.member.id}&service_name=nothing")
    assert sorted(names(found)) == [f"service-{name}" for name in "abcde"]


def test_what_looks_like_a_pattern_is_none(reader: Played, directory: Manager, provider: Played) -> None:
    assert names(read(reader, directory, "/services?service_name=%25")) == []


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
def test_services_come_in_pages(reader: Played, directory: Manager, provider: Played, order: str) -> None:
    seen, cursor = [], ""
    while len(seen) < 10:
        query = f"peer_id={provider.member.id}&limit=2&cursor={cursor}&sort_order=SORT_ORDER_{order}"
        page = read(reader, directory, f"/services?{query}")
        seen += names(page)
        if not (cursor := page["pagination"]["next_cursor"]):
            break
    assert seen == sorted(seen, reverse=order == "DESCENDING")
    assert len(seen) == 5


# GET /contracts


def test_a_peer_sees_its_contracts_with_their_signatures(directory: Manager, provider: Played) -> None:
    listed = read(provider, directory, "/contracts")["contracts"]
    assert len(listed) == 5
    assert all(set(each["signatures"]["accept"]) == {provider.member.id, directory.member.id} for each in listed)


def test_a_peer_sees_no_contracts_of_others(reader: Played, directory: Manager, provider: Played) -> None:
    assert read(reader, directory, "/contracts")["contracts"] == []


def test_a_contract_of_others_cannot_be_had_by_its_grant_hash(group: Group, reader: Played, directory: Manager) -> None:
    peer = group.played(group.member("Private"))
    content = publish(directory, peer, made.publication("private", directory.member.id, peer.member.id))
    path = f"/contracts?grant_hash={grant_hashes(content)[0]}"
    assert read(reader, directory, path)["contracts"] == []
    assert [each["content"] for each in read(peer, directory, path)["contracts"]] == [content.as_json()]


def test_contracts_are_found_by_grant_type(directory: Manager, provider: Played) -> None:
    path = "/contracts?grant_type=GRANT_TYPE_SERVICE_CONNECTION"
    assert read(provider, directory, path)["contracts"] == []


def test_contracts_come_in_pages(directory: Manager, provider: Played) -> None:
    seen, cursor = [], ""
    while len(seen) < 10:
        page = read(provider, directory, f"/contracts?limit=2&cursor={cursor}")
        seen += [each["content"]["grants"][0]["data"]["service"]["name"] for each in page["contracts"]]
        if not (cursor := page["pagination"]["next_cursor"]):
            break
    assert sorted(seen) == [f"service-{name}" for name in "abcde"]


def test_a_grant_hash_that_is_none_is_refused(directory: Manager, provider: Played) -> None:
    answer = provider.member.get(directory.member, "/contracts?grant_hash=x")
    assert (answer.status, answer.code) == (422, "UNKNOWN_HASH_ALGORITHM_HASH")


# GET /.well-known/jwks.json


def test_the_key_set_has_the_chain_without_the_root(reader: Played, directory: Manager) -> None:
    key_set = read(reader, directory, "/.well-known/jwks.json")
    keypair = directory.member.keypair
    assert jwks.certificates(key_set) == {keypair.thumbprint: keypair.chain}
    assert [key["use"] for key in key_set["keys"]] == ["sig"]


# PUT /announce


def test_an_announcement_needs_an_address(reader: Played, directory: Manager) -> None:
    answer = reader.member.call("PUT", f"{directory.member.address}/v1/announce")
    assert (answer.status, answer.code) == (400, "INVALID_REQUEST")


def test_a_new_address_takes_the_place_of_the_old(group: Group, reader: Played, directory: Manager) -> None:
    member = group.member("Moving")
    for address in ("https://old.test:443", "https://new.test:8443"):
        member.write("PUT", f"{directory.member.address}/v1/announce", address=address)
    [peer] = read(reader, directory, f"/peers?peer_id={member.id}")["peers"]
    assert peer["manager_address"] == "https://new.test:8443"


# What there is not.


@pytest.mark.parametrize("path", ["/v1/nothing", "/", "/v1/contracts/", "/v1/contracts/x", "/docs", "/openapi.json"])
def test_an_unknown_path_is_answered_with_an_error(reader: Played, directory: Manager, path: str) -> None:
    answer = reader.member.call("GET", f"{directory.member.address}{path}")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/peer"), ("DELETE", "/contracts"), ("GET", "/token"), ("GET", "/announce"), ("PUT", "/services")],
)
def test_another_method_is_answered_with_an_error(reader: Played, directory: Manager, method: str, path: str) -> None:
    answer = reader.member.call(method, f"{directory.member.address}/v1{path}")
    assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    "path",
    [
        "/peers?limit=0",
        "/peers?limit=1001",
        "/peers?limit=x",
        "/peers?sort_order=up",
        "/peers?peer_name=%00",
        "/services?cursor=%00",
        "/contracts?grant_type=x",
        "/contracts?cursor=a%00b",
    ],
)
def test_a_query_that_makes_no_sense_is_refused(reader: Played, directory: Manager, path: str) -> None:
    answer = reader.member.get(directory.member, path)
    assert (answer.status, answer.code) == (400, "INVALID_REQUEST")


def test_a_cursor_that_we_never_gave_has_nothing_after_it(directory: Manager, provider: Played) -> None:
    assert read(provider, directory, "/contracts?cursor=x")["contracts"] == []


def test_a_contract_is_the_same_for_the_peer_that_reads_it(group: Group, directory: Manager, provider: Played) -> None:
    listed = read(provider, directory, "/contracts")["contracts"]
    hashes = {content_hash(made.contract_of(each["content"])) for each in listed}
    assert all(directory.contract(each) for each in hashes)
