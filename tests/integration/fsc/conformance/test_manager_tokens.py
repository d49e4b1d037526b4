"""Access tokens that a peer of the tests' own asks of a Manager of the group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.fsc import contracts, forged
from support.fsc.agreed import agreed, connected, with_outsider
from support.fsc.conformance import scenario
from support.fsc.outsider import REVOKE

from wegennet.fsc.core import jwks, jws

if TYPE_CHECKING:
    from support.fsc.backend import Backend
    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant


Json = dict[str, Any]


def _connection(outsider: Outsider, provider: Participant, *, offered_for: Outsider | None = None) -> Json:
    for_whom = offered_for.id if offered_for else None
    name = contracts.new_name()
    return contracts.connection(outsider.id, outsider.outway_thumbprint, provider.id, name, offered_for=for_whom)


def _token(outsider: Outsider, provider: Participant, grant_hash: str) -> Json:
    """The claims of a token, which has to be signed with a key that the provider shows."""
    answer = outsider.token(provider.manager_address, grant_hash)
    assert answer.status == 200, answer.body
    assert answer.json["token_type"] == "bearer"
    text = answer.json["access_token"]
    shown = outsider.at(f"{provider.manager_address}/v1").get("/.well-known/jwks.json").json
    said = jws.read(text)
    jws.verify(said, jwks.certificates(shown)[said.thumbprint][0])
    return forged.claims(text)


def _no_token(answer: Answer, *errors: str) -> None:
    assert answer.status == 400
    assert answer.json["error"] in errors
    assert "access_token" not in answer.json


@scenario("Manager-GetToken-1")
def test_manager_gettoken_1(outsider: Outsider, provider: Participant, backend: Backend) -> None:
    """A valid contract gives a token for its Service, bound to the certificate of the one who asks."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = connected(outsider, provider, name)
    claims = _token(outsider, provider, made.grant_hash)
    assert (claims["gth"], claims["svc"], claims["aud"]) == (made.grant_hash, name, provider.inway_address)
    assert (claims["iss"], claims["sub"], "act" in claims) == (provider.id, outsider.id, False)
    assert claims["cnf"] == {"x5t#S256": outsider.outway_keys.thumbprint}


@scenario("Manager-GetToken-2")
def test_manager_gettoken_2(outsider: Outsider, provider: Participant, backend: Backend) -> None:
    """A contract that the provider has not accepted gives no token."""
    grant = _connection(outsider, provider)
    provider.offer(grant["service"]["name"], backend.url)
    content = contracts.content(grant)
    assert outsider.submit(provider.manager_address, content).status == 201
    answer = outsider.token(provider.manager_address, agreed(content).grant_hash)
    _no_token(answer, "invalid_scope", "invalid_grant")


@scenario("Manager-GetToken-3")
def test_manager_gettoken_3(outsider: Outsider, provider: Participant, backend: Backend) -> None:
    """A contract that was accepted by all and then revoked gives no token."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = connected(outsider, provider, name)
    assert outsider.place(provider.manager_address, made.content, REVOKE).status == 201
    _no_token(outsider.token(provider.manager_address, made.grant_hash), "invalid_scope", "invalid_grant")


@scenario("Manager-GetToken-4")
def test_manager_gettoken_4(outsider: Outsider, provider: Participant) -> None:
    """A scope that is no grant hash gives no token."""
    _no_token(outsider.token(provider.manager_address, "no-grant-hash"), "invalid_scope")


@scenario("Manager-GetToken-5")
def test_manager_gettoken_5(outsider: Outsider, provider: Participant, backend: Backend) -> None:
    """Another grant type than client_credentials gives no token."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = connected(outsider, provider, name)
    answer = outsider.token(provider.manager_address, made.grant_hash, grant_type="password")
    _no_token(answer, "unsupported_grant_type")


@scenario("Manager-GetToken-6")
def test_manager_gettoken_6(outsider: Outsider, second: Outsider, provider: Participant, backend: Backend) -> None:
    """A connection on behalf of another peer gives a token for that peer, with the connecting one as actor."""
    grant = contracts.delegated(_connection(outsider, provider), second.id)
    provider.offer(grant["service"]["name"], backend.url)
    made = with_outsider(outsider, provider, contracts.content(grant), [second])
    claims = _token(outsider, provider, made.grant_hash)
    assert (claims["sub"], claims["act"]) == (second.id, {"sub": outsider.id})


@scenario("Manager-GetToken-7")
def test_manager_gettoken_7(
    outsider: Outsider, second: Outsider, provider: Participant, directory: Participant, backend: Backend
) -> None:
    """A connection to a Service that is published on behalf of another peer gives a token that names the delegator."""
    grant = _connection(outsider, provider, offered_for=second)
    name = grant["service"]["name"]
    provider.offer(name, backend.url)
    publication = contracts.content(
        contracts.delegated(contracts.publication(directory.id, provider.id, name), second.id)
    )
    provider.propose(publication)
    for manager in (provider, directory):
        assert second.place(manager.manager_address, publication).status == 201
    made = with_outsider(outsider, provider, contracts.content(grant), [second])
    claims = _token(outsider, provider, made.grant_hash)
    assert (claims["pdi"], claims["sub"]) == (second.id, outsider.id)


@scenario("Manager-GetToken-8")
def test_manager_gettoken_8(outsider: Outsider, provider: Participant, backend: Backend) -> None:
    """A request without client_id gives no token."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = connected(outsider, provider, name)
    _no_token(outsider.token(provider.manager_address, made.grant_hash, client_id=None), "invalid_request")


@scenario("Manager-GetToken-9")
def test_manager_gettoken_9(outsider: Outsider, second: Outsider, provider: Participant, backend: Backend) -> None:
    """A request with the client_id of another peer gives no token."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = connected(outsider, provider, name)
    _no_token(outsider.token(provider.manager_address, made.grant_hash, client_id=second.id), "invalid_client")


@scenario("Manager-GetToken-10")
def test_manager_gettoken_10(outsider: Outsider, provider: Participant, backend: Backend) -> None:
    """The properties of a connection grant are in the token."""
    grant = contracts.with_properties(_connection(outsider, provider), purpose="trial")
    provider.offer(grant["service"]["name"], backend.url)
    made = with_outsider(outsider, provider, contracts.content(grant))
    assert _token(outsider, provider, made.grant_hash)["prp"] == {"purpose": "trial"}


@scenario("Manager-GetToken-11")
def test_manager_gettoken_11(outsider: Outsider, second: Outsider, provider: Participant, backend: Backend) -> None:
    """The properties of a connection grant on behalf of another peer are in the token."""
    grant = contracts.with_properties(contracts.delegated(_connection(outsider, provider), second.id), purpose="trial")
    provider.offer(grant["service"]["name"], backend.url)
    made = with_outsider(outsider, provider, contracts.content(grant), [second])
    assert _token(outsider, provider, made.grant_hash)["prp"] == {"purpose": "trial"}
