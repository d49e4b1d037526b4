"""What a Manager of the group tells a peer of the tests' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.fsc import contracts
from support.fsc.agreed import connected, published
from support.fsc.conformance import scenario
from support.waiting import eventually

from wegennet.fsc.core import certificates, jwks
from wegennet.fsc.core.transactions import new_transaction_id
from wegennet.fsc.trial.layout import Component

if TYPE_CHECKING:
    from support.fsc.backend import Backend
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant


Json = dict[str, Any]


def _listed(peer: Outsider, directory: Participant, name: str) -> Json:
    """The Service of that name in the directory, once it is there."""

    def find() -> Json | None:
        answer = peer.at(f"{directory.manager_address}/v1").get("/services", service_name=name)
        assert answer.status == 200, answer.body
        return next((entry["data"] for entry in answer.json["services"] if entry["data"]["name"] == name), None)

    listing = eventually(find)
    assert listing is not None
    return listing


def _publish(peer: Outsider, directory: Participant, grant: Json, delegator: Outsider | None = None) -> None:
    content = contracts.content(grant)
    assert peer.submit(directory.manager_address, content).status == 201
    if delegator:
        assert delegator.place(directory.manager_address, content).status == 201


@scenario("Manager-Contracts-1")
def test_manager_contracts_1(outsider: Outsider, provider: Participant) -> None:
    """A valid contract is listed for a peer on it, with the signatures of all."""
    made = connected(outsider, provider, contracts.new_name())
    listed = outsider.contracts(provider.manager_address)[made.content["iv"]]
    assert listed["content"] == made.content
    assert set(listed["signatures"]["accept"]) == {outsider.id, provider.id}


@scenario("Manager-Contracts-2")
def test_manager_contracts_2(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A valid contract between others is not listed."""
    made = connected(second, provider, contracts.new_name())
    assert made.content["iv"] not in outsider.contracts(provider.manager_address)


@scenario("Manager-Services-1")
def test_manager_services_1(outsider: Outsider, directory: Participant) -> None:
    """A Service that the peer published is listed by the directory."""
    grant = contracts.publication(directory.id, outsider.id, contracts.new_name())
    _publish(outsider, directory, grant)
    assert _listed(outsider, directory, grant["service"]["name"])["peer"] == {
        "id": outsider.id,
        "name": outsider.name,
        "manager_address": outsider.manager_address,
    }


@scenario("Manager-Services-1")
def test_manager_services_1_published_by_a_peer_of_the_group(
    outsider: Outsider, provider: Participant, directory: Participant
) -> None:
    """A Service that another peer's Manager published is listed by the directory."""
    grant = contracts.publication(directory.id, provider.id, contracts.new_name())
    published(provider, directory, grant)
    assert _listed(outsider, directory, grant["service"]["name"])["protocol"] == contracts.HTTP_1


@scenario("Manager-Services-2")
def test_manager_services_2(outsider: Outsider, second: Outsider, directory: Participant) -> None:
    """A Service that the peer published on behalf of another is listed with the delegator."""
    grant = contracts.delegated(contracts.publication(directory.id, outsider.id, contracts.new_name()), second.id)
    _publish(outsider, directory, grant, second)
    listing = _listed(outsider, directory, grant["service"]["name"])
    assert (listing["peer"]["id"], listing["delegator"]["peer_id"]) == (outsider.id, second.id)


@scenario("Manager-Services-3")
def test_manager_services_3(outsider: Outsider, directory: Participant) -> None:
    """A published Service is listed with the properties of its grant."""
    grant = contracts.with_properties(
        contracts.publication(directory.id, outsider.id, contracts.new_name()), level=3, tags=["a"]
    )
    _publish(outsider, directory, grant)
    assert _listed(outsider, directory, grant["service"]["name"])["properties"] == {"level": 3, "tags": ["a"]}


@scenario("Manager-Services-4")
def test_manager_services_4(outsider: Outsider, second: Outsider, directory: Participant) -> None:
    """A Service published on behalf of another is listed with the properties of its grant."""
    plain = contracts.delegated(contracts.publication(directory.id, outsider.id, contracts.new_name()), second.id)
    _publish(outsider, directory, contracts.with_properties(plain, level=4), second)
    assert _listed(outsider, directory, plain["service"]["name"])["properties"] == {"level": 4}


@scenario("Manager-PeerInfo-1")
def test_manager_peerinfo_1(outsider: Outsider, provider: Participant) -> None:
    """A Manager says whose it is, which version it speaks and with which extensions."""
    info = outsider.at(f"{provider.manager_address}/v1").get("/peer").json
    assert (info["peer_id"], info["peer_name"], info["fsc_version"]) == (provider.id, provider.name, "2.0.0")
    assert info["enabled_extensions"]["EXTENSION_TRANSACTION_LOGGING"] == "1.1.0"


@scenario("Manager-Peers-1")
def test_manager_peers_1(outsider: Outsider, second: Outsider, directory: Participant) -> None:
    """A peer that announced itself is listed with its address."""
    manager = outsider.at(f"{directory.manager_address}/v1")
    assert manager.put("/announce", Fsc_Manager_Address=outsider.manager_address).status == 200
    peers = second.at(f"{directory.manager_address}/v1").get("/peers", peer_id=outsider.id).json["peers"]
    assert peers == [{"id": outsider.id, "name": outsider.name, "manager_address": outsider.manager_address}]


@scenario("Manager-TransactionLogRecord-1")
def test_manager_transactionlogrecord_1(
    outsider: Outsider, second: Outsider, provider: Participant, backend: Backend
) -> None:
    """The record of a request is given to the peer that made it, and not to another one."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = connected(outsider, provider, name)
    token = outsider.token(provider.manager_address, made.grant_hash).json["access_token"]
    transaction = new_transaction_id()
    headers = {"Fsc-Authorization": f"Bearer {token}", "Fsc-Transaction-Id": transaction}
    inway = outsider.at(provider.inway_address, outsider.outway_files)
    assert inway.call("GET", "/logged", headers=headers).status == 200
    mine = outsider.at(f"{provider.manager_address}/v1").get("/logs", transaction_ids=transaction)
    assert [record["transaction_id"] for record in mine.json["records"]] == [transaction]
    others = second.at(f"{provider.manager_address}/v1").get("/logs", transaction_ids=transaction)
    assert others.json["records"] == []


@scenario("Manager-Port-1")
def test_manager_port_1(outsider: Outsider, provider: Participant) -> None:
    """The Manager answers on port 8443."""
    assert provider.manager_address.endswith(":8443")
    assert outsider.at(f"{provider.manager_address}/v1").get("/peer").status == 200


@scenario("Manager-JSONWebKeySet-1")
def test_manager_jsonwebkeyset_1(outsider: Outsider, provider: Participant) -> None:
    """The keys of the peer are shown with their certificates, up to the trust anchor and without it."""
    shown = outsider.at(f"{provider.manager_address}/v1").get("/.well-known/jwks.json").json
    chains = jwks.certificates(shown)
    keys = provider.keys(Component.MANAGER)
    assert chains[keys.thumbprint] == keys.chain
    anchor = certificates.read_pem(outsider.anchor.read_bytes())[0]
    assert all(anchor not in chain for chain in chains.values())
