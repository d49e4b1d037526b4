from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from integration.fsc.manager.servers import Caller
from support.waiting import eventually
from unit.fsc.manager import made

from wegennet.fsc.core import jwks, tokens
from wegennet.fsc.core.certificates import KeyPair, certificate_thumbprint, public_key_thumbprint
from wegennet.fsc.core.hashes import content_hash, grant_hashes
from wegennet.fsc.manager import offered
from wegennet.fsc.trial.pki import Subject

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Played
    from integration.fsc.manager.servers import Answer, Server

    from wegennet.fsc.core.contract import Content

INWAY = "https://inway.provider.test:443"


@dataclass
class Outway:
    """An Outway of the consumer: its certificate is another one than its Manager's."""

    call: Caller
    keypair: KeyPair

    @property
    def key(self) -> str:
        """As a grant names it."""
        return public_key_thumbprint(self.keypair.certificate)


@dataclass
class Provider:
    """A Manager with a Controller that offers services."""

    manager: Manager
    controller: Server
    offered: dict[str, Any]


@pytest.fixture(scope="module")
def provider(group: Group) -> Provider:
    """Whom tokens are asked from."""
    member = group.member("Provider")
    services: dict[str, Any] = {"service": INWAY}

    def answer(asked: Any) -> tuple[int, Any]:
        name = asked.path.rpartition("/")[2]
        if services.get(name) is None:
            return 404, {}
        return 200, {"name": name, "endpoint_url": "http://127.0.0.1:1", "inway_address": services[name]}

    controller = group.component(member, 2, answer)
    return Provider(group.manager(member, token_ttl="10m"), controller, services)


@pytest.fixture(scope="module")
def consumer(group: Group) -> Played:
    """Who asks for tokens."""
    return group.played(group.member("Consumer"))


@pytest.fixture(scope="module")
def delegator(group: Group) -> Played:
    """On whose behalf."""
    return group.played(group.member("Delegator"))


@pytest.fixture(scope="module")
def outway(group: Group, consumer: Played) -> Outway:
    """The consumer's Outway."""
    return outway_of(group, consumer, "outway.consumer.test")


def outway_of(group: Group, peer: Played, *names: str) -> Outway:
    files = group.certificate(group.folder / "outway", "-".join(names), peer.member.peer, *names)
    return Outway(Caller(files, group.anchor), KeyPair.load(files.certificate, files.key))


def valid(provider: Provider, consumer: Played, *grants: dict[str, Any], others: Any = (), **changed: Any) -> Content:
    """A contract that all have accepted."""
    content = made.contract(*grants, **changed)
    for each in (consumer, *others):
        assert each.member.submit(provider.manager.member, content).status == 201
    provider.manager.sign(content_hash(content))
    return content


@pytest.fixture
def grant(provider: Provider, consumer: Played, outway: Outway) -> dict[str, Any]:
    """A grant to connect."""
    return made.connection(consumer=consumer.member.id, provider=provider.manager.member.id, key=outway.key)


def claims(provider: Provider, consumer: Played, answer: Answer) -> tokens.AccessToken:
    """The claims of a token, verified with the provider's key set as an Inway does."""
    assert answer.status == 200, answer.body
    url = f"https://{provider.manager.settings.listen_address_internal_unauthenticated}/v1/.well-known/jwks.json"
    key_set = Caller(None, provider.manager.member.internal_anchor)("GET", url).json
    certificates = {thumbprint: chain[0] for thumbprint, chain in jwks.certificates(key_set).items()}
    return tokens.verify(
        answer.json["access_token"],
        certificates,
        group_id=made.GROUP,
        issuer=provider.manager.member.id,
        now=int(time.time()),
    )


def test_a_token_is_given_for_a_valid_contract(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any]
) -> None:
    content = valid(provider, consumer, grant)
    [grant_hash] = grant_hashes(content)
    token = claims(provider, consumer, consumer.member.token(provider.manager.member, grant_hash, outway.call))
    assert (token.grant_hash, token.subject, token.audience) == (grant_hash, consumer.member.id, INWAY)
    assert (token.actor, token.publication_delegator, token.properties) == (None, None, None)


def test_a_token_is_bound_to_the_certificate_that_asked(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any]
) -> None:
    content = valid(provider, consumer, grant)
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    token = claims(provider, consumer, answer)
    assert token.certificate_thumbprint == certificate_thumbprint(outway.keypair.certificate)


def test_a_token_lasts_as_long_as_configured(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any]
) -> None:
    content = valid(provider, consumer, grant)
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    token = claims(provider, consumer, answer)
    assert answer.json["expires_in"] == token.expires_at - token.not_before == 600


def test_a_token_ends_with_its_contract(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any]
) -> None:
    now = int(time.time())
    content = valid(provider, consumer, grant, validity={"not_before": now - 60, "not_after": now + 100})
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    assert claims(provider, consumer, answer).expires_at == now + 100


def test_a_token_is_not_kept_by_caches(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any]
) -> None:
    content = valid(provider, consumer, grant)
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


def test_a_delegated_connection_names_both_peers(
    provider: Provider, consumer: Played, delegator: Played, outway: Outway
) -> None:
    ids = {"consumer": consumer.member.id, "provider": provider.manager.member.id}
    grant = made.delegated_connection(key=outway.key, delegator=delegator.member.id, **ids)
    content = valid(provider, consumer, grant, others=[delegator])
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    token = claims(provider, consumer, answer)
    assert (token.subject, token.actor) == (delegator.member.id, consumer.member.id)


def test_a_service_on_behalf_of_another_names_it(
    provider: Provider, consumer: Played, delegator: Played, outway: Outway
) -> None:
    ids = {"consumer": consumer.member.id, "provider": provider.manager.member.id}
    grant = made.connection(key=outway.key, publisher=delegator.member.id, **ids)
    content = valid(provider, consumer, grant, others=[delegator])
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    assert claims(provider, consumer, answer).publication_delegator == delegator.member.id


def test_properties_of_a_grant_are_in_the_token(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any]
) -> None:
    content = valid(provider, consumer, {**grant, "properties": {"purpose": ["a", 1]}})
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    assert claims(provider, consumer, answer).properties == {"purpose": ["a", 1]}


def test_an_outway_may_be_known_by_a_name(provider: Provider, consumer: Played, outway: Outway) -> None:
    ids = {"consumer": consumer.member.id, "provider": provider.manager.member.id}
    content = valid(provider, consumer, made.connection(domain_name="outway.consumer.test", **ids))
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    assert answer.status == 200


# What is refused, by RFC 6749, 5.2.


def refused(answer: Answer, error: str) -> None:
    assert (answer.status, answer.json["error"]) == (400, error), answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json) == {"error", "error_description"}


@pytest.mark.parametrize("missing", ["grant_type", "scope", "client_id"])
def test_a_missing_parameter_is_refused(provider: Provider, consumer: Played, missing: str) -> None:
    answer = consumer.member.token(provider.manager.member, "$1$3$x", **{missing: None})
    refused(answer, "invalid_request")


def test_another_kind_of_grant_is_refused(provider: Provider, consumer: Played) -> None:
    answer = consumer.member.token(provider.manager.member, "$1$3$x", grant_type="password")
    refused(answer, "unsupported_grant_type")


@pytest.mark.parametrize("client_id", ["00000099000000009000", "x"])
def test_another_client_id_than_the_certificates_is_refused(
    provider: Provider, consumer: Played, client_id: str
) -> None:
    refused(consumer.member.token(provider.manager.member, "$1$3$x", client_id=client_id), "invalid_client")


@pytest.mark.parametrize("scope", ["x", "$1$3$x", "$9$3$" + "A" * 86, "\x00", "$1$3$" + "A" * 85 + "\x00"])
def test_a_scope_that_is_no_hash_is_refused(provider: Provider, consumer: Played, scope: str) -> None:
    refused(consumer.member.token(provider.manager.member, scope), "invalid_scope")


def test_an_unknown_grant_is_refused(provider: Provider, consumer: Played, grant: dict[str, Any]) -> None:
    [unknown] = grant_hashes(made.contract(grant))
    refused(consumer.member.token(provider.manager.member, unknown), "invalid_scope")


def test_a_contract_hash_is_refused(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any]
) -> None:
    content = valid(provider, consumer, grant)
    refused(consumer.member.token(provider.manager.member, content_hash(content), outway.call), "invalid_scope")


def test_a_publication_grant_is_refused(provider: Provider, consumer: Played) -> None:
    publication = made.publication(directory=provider.manager.member.id, provider=consumer.member.id)
    content = valid(provider, consumer, publication)
    refused(consumer.member.token(provider.manager.member, grant_hashes(content)[0]), "invalid_scope")


def test_a_contract_that_is_not_valid_is_refused(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any]
) -> None:
    content = made.contract(grant)
    consumer.member.submit(provider.manager.member, content)
    refused(consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call), "invalid_grant")


@pytest.mark.parametrize("kind", ["reject", "revoke"])
def test_a_contract_that_was_ended_is_refused(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any], kind: str
) -> None:
    content = valid(provider, consumer, grant)
    consumer.member.put(provider.manager.member, kind, content)
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    refused(answer, "invalid_grant")
    assert kind in answer.json["error_description"]


def test_a_service_of_another_peer_is_refused(provider: Provider, consumer: Played, delegator: Played) -> None:
    ids = {"consumer": consumer.member.id, "provider": delegator.member.id, "publisher": provider.manager.member.id}
    content = valid(provider, consumer, made.connection(**ids), others=[delegator])
    refused(consumer.member.token(provider.manager.member, grant_hashes(content)[0]), "invalid_scope")


def test_an_outway_of_another_peer_is_refused(
    group: Group, provider: Provider, consumer: Played, delegator: Played, grant: dict[str, Any]
) -> None:
    content = valid(provider, consumer, grant)
    answer = delegator.member.token(provider.manager.member, grant_hashes(content)[0])
    refused(answer, "unauthorized_client")


def test_an_outway_with_another_key_is_refused(
    group: Group, provider: Provider, consumer: Played, grant: dict[str, Any]
) -> None:
    content = valid(provider, consumer, grant)
    other = outway_of(group, consumer, "other.consumer.test")
    refused(consumer.member.token(provider.manager.member, grant_hashes(content)[0], other.call), "unauthorized_client")


def test_an_outway_with_another_name_is_refused(group: Group, provider: Provider, consumer: Played) -> None:
    ids = {"consumer": consumer.member.id, "provider": provider.manager.member.id}
    content = valid(provider, consumer, made.connection(domain_name="outway.consumer.test", **ids))
    other = outway_of(group, consumer, "another.consumer.test")
    refused(consumer.member.token(provider.manager.member, grant_hashes(content)[0], other.call), "unauthorized_client")


def test_a_service_that_is_not_offered_is_refused(provider: Provider, consumer: Played, outway: Outway) -> None:
    ids = {"consumer": consumer.member.id, "provider": provider.manager.member.id}
    content = valid(provider, consumer, made.connection("unoffered", key=outway.key, **ids))
    refused(consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call), "invalid_scope")


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"grant_type=client_credentials&scope=a&scope=b&client_id=x", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"\xff=\xff", "application/x-www-form-urlencoded"),
        (b"&".join([b"a=b"] * 50), "application/x-www-form-urlencoded"),
        (b"scope=" + b"x" * 20_000, "application/x-www-form-urlencoded"),
        (b"scope=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_is_none_is_refused(provider: Provider, consumer: Played, raw: bytes, content_type: str) -> None:
    url = f"{provider.manager.member.address}/v1/token"
    refused(consumer.member.call("POST", url, raw=raw, headers={"Content-Type": content_type}), "invalid_request")


def test_a_client_without_a_name_of_a_peer_gets_no_token(group: Group, provider: Provider) -> None:
    files = group.authority.issue(Subject("Nobody", None, "Nobody", ("127.0.0.1",))).store(group.folder, "nobody")
    url = f"{provider.manager.member.address}/v1/token"
    refused(Caller(files, group.anchor)("POST", url, raw=b""), "invalid_client")


# The Controller.


def test_tokens_go_on_for_a_while_when_the_controller_is_away(
    provider: Provider, consumer: Played, outway: Outway, grant: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = valid(provider, consumer, grant)
    ask = lambda: consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)  # noqa: E731
    assert ask().status == 200
    monkeypatch.setattr(offered, "FRESH_SECONDS", 0.0)
    provider.controller.stop()
    try:
        assert ask().status == 200
        monkeypatch.setattr(offered, "STALE_SECONDS", 0.0)
        answer = ask()
        assert (answer.status, answer.code) == (503, "UNAVAILABLE")
        assert "retry-after" in answer.headers
    finally:
        provider.controller.start()


def test_a_service_that_moves_to_another_inway_is_followed(
    provider: Provider, consumer: Played, outway: Outway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offered, "FRESH_SECONDS", 0.05)
    ids = {"consumer": consumer.member.id, "provider": provider.manager.member.id}
    content = valid(provider, consumer, made.connection("moving", key=outway.key, **ids))
    for inway in (INWAY, "https://other.provider.test:8443"):
        provider.offered["moving"] = inway
        eventually(lambda inway=inway: _audience(provider, consumer, outway, content) == inway)


def _audience(provider: Provider, consumer: Played, outway: Outway, content: Content) -> str | None:
    answer = consumer.member.token(provider.manager.member, grant_hashes(content)[0], outway.call)
    return claims(provider, consumer, answer).audience if answer.status == 200 else None
