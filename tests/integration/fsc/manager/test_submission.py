from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.fsc.manager.servers import Caller
from unit.fsc.manager import made

from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.core.jwks import jwk_set
from wegennet.fsc.core.signatures import SignatureType, sign
from wegennet.fsc.trial.keys import KeyType
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Played

    from wegennet.fsc.core.contract import Content

KINDS = ("accept", "reject", "revoke")


@pytest.fixture(scope="module")
def provider(group: Group) -> Manager:
    """The Manager that things are submitted to."""
    return group.manager(group.member("Provider"))


@pytest.fixture(scope="module")
def consumer(group: Group, provider: Manager) -> Played:
    """The peer that submits."""
    return group.played(group.member("Consumer"))


@pytest.fixture(scope="module")
def stranger(group: Group) -> Played:
    """A peer that is on no contract."""
    return group.played(group.member("Stranger"))


@pytest.fixture
def offer(provider: Manager, consumer: Played) -> Content:
    """A contract for a connection, which nobody has yet."""
    return connection(provider, consumer)


def connection(provider: Manager, consumer: Played, **changed: Any) -> Content:
    return made.contract(made.connection(consumer=consumer.member.id, provider=provider.member.id), **changed)


def parts(jws: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, payload, signature = jws.split(".")
    return json.loads(decoded(header)), json.loads(decoded(payload)), signature


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "==")


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_submitted_contract_is_stored_with_its_signature(provider: Manager, consumer: Played, offer: Content) -> None:
    assert consumer.member.submit(provider.member, offer).status == 201
    assert provider.signers(content_hash(offer)) == {consumer.member.id}
    assert provider.state(content_hash(offer)) == "PROPOSED"


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_may_come_before_its_contract(provider: Manager, consumer: Played, kind: str) -> None:
    offer = connection(provider, consumer)
    assert consumer.member.put(provider.member, kind, offer).status == 201
    assert consumer.member.submit(provider.member, offer).status == 201
    assert provider.signers(content_hash(offer), kind) == {consumer.member.id}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_may_come_twice(provider: Manager, consumer: Played, kind: str) -> None:
    offer = connection(provider, consumer)
    jws = consumer.member.sign(offer, kind)
    first, second = (consumer.member.put(provider.member, kind, offer, jws).status for _ in range(2))
    assert (first, second) == (201, 201)
    assert provider.signers(content_hash(offer), kind) == {consumer.member.id}


def test_a_contract_is_valid_when_all_have_accepted(provider: Manager, consumer: Played, offer: Content) -> None:
    consumer.member.submit(provider.member, offer)
    provider.sign(content_hash(offer))
    assert provider.state(content_hash(offer)) == "VALID"


def test_an_accept_after_a_revoke_does_not_bring_a_contract_back(
    provider: Manager, consumer: Played, offer: Content
) -> None:
    accept = consumer.member.sign(offer)
    consumer.member.put(provider.member, "revoke", offer)
    consumer.member.put(provider.member, "accept", offer, accept)
    assert provider.state(content_hash(offer)) == "REVOKED"


def test_the_address_of_the_submitting_peer_is_kept(provider: Manager, consumer: Played, offer: Content) -> None:
    consumer.member.submit(provider.member, offer)
    listed = provider.administer("GET", f"/peers?peer_id={consumer.member.id}").json["peers"]
    assert [peer["manager_address"] for peer in listed] == [consumer.member.address]


def test_a_signature_by_rsa_is_taken(group: Group, provider: Manager) -> None:
    member = group.member("RSA")
    certified = group.authority.issue(Subject("RSA", member.id, "RSA", (member.host,)), key_type=KeyType.RSA)
    played = group.played(member)
    keypair = KeyPair(certified.key, certified.chain)
    played.key_set = jwk_set([keypair.chain])
    offer = connection(provider, played)
    jws = sign(keypair, content_hash(offer), SignatureType.ACCEPT, int(time.time()), algorithm="RS256")
    assert member.submit(provider.member, offer, jws).status == 201


# What is refused: the answer has the code, and nothing is stored.


def refused(provider: Manager, content: Content, answer: Any, code: str, status: int = 422) -> None:
    assert (answer.status, answer.code) == (status, code), answer.body
    assert not provider.knows(content)


def test_a_contract_of_another_group_is_refused(provider: Manager, consumer: Played) -> None:
    offer = connection(provider, consumer, group_id="another.group")
    refused(provider, offer, consumer.member.submit(provider.member, offer), "INCORRECT_GROUP_ID")


def test_a_contract_without_the_submitting_peer_is_refused(provider: Manager, stranger: Played, offer: Content) -> None:
    answer = stranger.member.submit(provider.member, offer)
    refused(provider, offer, answer, "SUBMITTING_PEER_NOT_PART_OF_CONTRACT")


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_of_who_is_not_on_the_contract_is_refused(
    provider: Manager, stranger: Played, offer: Content, kind: str
) -> None:
    answer = stranger.member.put(provider.member, kind, offer)
    refused(provider, offer, answer, "SUBMITTING_PEER_NOT_PART_OF_CONTRACT")


def test_a_contract_without_us_is_refused(provider: Manager, consumer: Played, stranger: Played) -> None:
    offer = made.contract(made.connection(consumer=consumer.member.id, provider=stranger.member.id))
    answer = consumer.member.submit(provider.member, offer)
    refused(provider, offer, answer, "RECEIVING_PEER_NOT_PART_OF_CONTRACT")


def test_publications_and_connections_in_one_contract_are_refused(provider: Manager, consumer: Played) -> None:
    ids = {"provider": provider.member.id}
    offer = made.contract(
        made.connection(consumer=consumer.member.id, **ids), made.publication(directory=consumer.member.id, **ids)
    )
    answer = consumer.member.submit(provider.member, offer)
    refused(provider, offer, answer, "GRANT_COMBINATION_NOT_ALLOWED")


def test_an_unknown_hash_algorithm_is_refused(provider: Manager, consumer: Played, offer: Content) -> None:
    other = connection(provider, consumer, hash_algorithm="HASH_ALGORITHM_MD5")
    answer = consumer.member.submit(provider.member, other, consumer.member.sign(offer))
    assert (answer.status, answer.code) == (422, "UNKNOWN_HASH_ALGORITHM_HASH")


def test_a_contract_of_another_version_is_refused(provider: Manager, consumer: Played, offer: Content) -> None:
    body = {"content": {**offer.as_json(), "fsc_version": "1.0.0"}, "signature": consumer.member.sign(offer)}
    answer = consumer.member.write("POST", f"{provider.member.address}/v1/contracts", body)
    refused(provider, offer, answer, "UNKNOWN_FSC_VERSION")


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_that_names_another_contract_is_refused(
    provider: Manager, consumer: Played, offer: Content, kind: str
) -> None:
    other = content_hash(connection(provider, consumer))
    answer = consumer.member.put(provider.member, kind, offer, path_hash=other)
    refused(provider, offer, answer, "URL_PATH_CONTENT_HASH_MISMATCH")


@pytest.mark.parametrize("path_hash", ["x", "$2$1$AAAA", "$1$1$AAAA"])
def test_a_path_that_is_no_hash_is_refused(provider: Manager, consumer: Played, offer: Content, path_hash: str) -> None:
    answer = consumer.member.put(provider.member, "accept", offer, path_hash=path_hash)
    refused(provider, offer, answer, "UNKNOWN_HASH_ALGORITHM_HASH")


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_on_another_contract_is_refused(
    provider: Manager, consumer: Played, offer: Content, kind: str
) -> None:
    jws = consumer.member.sign(connection(provider, consumer), kind)
    answer = consumer.member.put(provider.member, kind, offer, jws)
    refused(provider, offer, answer, "SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH")


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_of_another_type_is_refused(provider: Manager, consumer: Played, offer: Content, kind: str) -> None:
    other = KINDS[(KINDS.index(kind) + 1) % 3]
    answer = consumer.member.put(provider.member, kind, offer, consumer.member.sign(offer, other))
    refused(provider, offer, answer, "SIGNATURE_VERIFICATION_FAILED")


@pytest.mark.parametrize("alg", ["none", "HS256", "PS256", "ES256K", "EdDSA"])
def test_an_algorithm_that_the_standard_lacks_is_refused(
    provider: Manager, consumer: Played, offer: Content, alg: str
) -> None:
    header, payload, signature = parts(consumer.member.sign(offer))
    forged = f"{encoded({**header, 'alg': alg})}.{encoded(payload)}.{'' if alg == 'none' else signature}"
    answer = consumer.member.put(provider.member, "accept", offer, forged)
    refused(provider, offer, answer, "UNKNOWN_ALGORITHM_SIGNATURE")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("forge", ["x", "a.b", "a.b.c.d", "", "{}", "..", " "])
def test_what_is_no_jws_is_refused(provider: Manager, consumer: Played, offer: Content, kind: str, forge: str) -> None:
    body = {"content": offer.as_json(), "signature": forge}
    url = f"{provider.member.address}/v1/contracts/{content_hash(offer)}/{kind}"
    refused(provider, offer, consumer.member.write("PUT", url, body), "SIGNATURE_VERIFICATION_FAILED")


def test_a_signature_that_was_altered_is_refused(provider: Manager, consumer: Played, offer: Content) -> None:
    header, payload, signature = parts(consumer.member.sign(offer))
    forged = f"{encoded(header)}.{encoded({**payload, 'signed_at': payload['signed_at'] - 1})}.{signature}"
    answer = consumer.member.submit(provider.member, offer, forged)
    refused(provider, offer, answer, "SIGNATURE_VERIFICATION_FAILED")


def test_a_signature_from_the_future_is_refused(provider: Manager, consumer: Played, offer: Content) -> None:
    jws = consumer.member.sign(offer, now=int(time.time()) + 3600)
    answer = consumer.member.submit(provider.member, offer, jws)
    refused(provider, offer, answer, "SIGNATURE_VERIFICATION_FAILED")


def test_a_certificate_that_the_peer_does_not_publish_is_refused(
    group: Group, provider: Manager, consumer: Played, offer: Content
) -> None:
    certified = group.authority.issue(Subject("Other", consumer.member.id, "Other", ("127.0.0.1",)))
    keypair = KeyPair(certified.key, certified.chain)
    jws = sign(keypair, content_hash(offer), SignatureType.ACCEPT, int(time.time()))
    answer = consumer.member.submit(provider.member, offer, jws)
    refused(provider, offer, answer, "SIGNATURE_VERIFICATION_FAILED")


@pytest.fixture
def publishing(group: Group, provider: Manager) -> Any:
    """Submits a contract that is signed with a certificate of the test's making, which its peer publishes."""

    def submit(authority: Authority, peer_id: str | None = None, **options: Any) -> tuple[Content, Any]:
        member = group.member("Publishing")
        played = group.played(member)
        certified = authority.issue(Subject("Odd", peer_id or member.id, "Odd", (member.host,)), **options)
        keypair = KeyPair(certified.key, certified.chain)
        played.key_set = jwk_set([keypair.chain])
        offer = connection(provider, played)
        jws = sign(keypair, content_hash(offer), SignatureType.ACCEPT, int(time.time()))
        return offer, member.submit(provider.member, offer, jws)

    return submit


def test_a_certificate_of_another_authority_is_refused(provider: Manager, publishing: Any) -> None:
    offer, answer = publishing(Authority.root("Another"))
    refused(provider, offer, answer, "SIGNATURE_VERIFICATION_FAILED")


def test_a_certificate_that_has_expired_is_refused(group: Group, provider: Manager, publishing: Any) -> None:
    now = datetime.now(UTC)
    offer, answer = publishing(group.authority, starts=now - timedelta(days=2), ends=now - timedelta(days=1))
    refused(provider, offer, answer, "SIGNATURE_VERIFICATION_FAILED")


def test_a_certificate_of_another_peer_is_refused(group: Group, provider: Manager, publishing: Any) -> None:
    offer, answer = publishing(group.authority, peer_id="00000099999999999000")
    refused(provider, offer, answer, "PEER_ID_SIGNATURE_MISMATCH")


def test_a_signature_of_another_peer_is_refused(provider: Manager, consumer: Played, stranger: Played) -> None:
    ids = {"consumer": consumer.member.id, "provider": provider.member.id, "delegator": stranger.member.id}
    offer, known = made.contract(made.delegated_connection(**ids)), made.contract(made.delegated_connection(**ids))
    stranger.member.submit(provider.member, known)
    answer = consumer.member.submit(provider.member, offer, stranger.member.sign(offer))
    refused(provider, offer, answer, "PEER_ID_SIGNATURE_MISMATCH")


def test_our_own_signature_from_somewhere_else_is_refused(group: Group, provider: Manager, consumer: Played) -> None:
    """Whoever has the key of one of our gateways has a certificate of our peer, and could play our Manager."""
    own = provider.member
    files = group.certificate(group.folder / "gateway", "inway", own.peer, group.network.address(240, 1))
    keypair = KeyPair.load(files.certificate, files.key)
    offer = connection(provider, consumer)
    body = {
        "content": offer.as_json(),
        "signature": sign(keypair, content_hash(offer), SignatureType.ACCEPT, int(time.time())),
    }
    headers = {"Fsc-Manager-Address": f"https://{group.network.address(240, 1)}:8443"}
    answer = Caller(files, group.anchor)("POST", f"{own.address}/v1/contracts", body, headers=headers)
    refused(provider, offer, answer, "SIGNATURE_VERIFICATION_FAILED")


def test_an_iv_that_was_used_before_is_refused(provider: Manager, consumer: Played, offer: Content) -> None:
    consumer.member.submit(provider.member, offer)
    again = connection(provider, consumer, iv=offer.iv, created_at=offer.created_at - 1)
    answer = consumer.member.submit(provider.member, again)
    refused(provider, again, answer, "SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH")


@pytest.mark.parametrize(
    "changed",
    [
        {"validity": {"not_before": 2_000_000_000, "not_after": 2_000_000_000}},
        {"validity": {"not_before": 1, "not_after": 2}},
        {"created_at": 4_000_000_000},
        {"grants": []},
    ],
    ids=["no period", "past", "made in the future", "no grant"],
)
def test_a_contract_that_breaks_a_rule_is_refused(provider: Manager, consumer: Played, changed: Any) -> None:
    offer = connection(provider, consumer, **changed)
    answer = consumer.member.submit(provider.member, offer)
    assert answer.status == 422
    assert not provider.knows(offer)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b'{"content": {}',
        b'{"content": {}, "content": {}, "signature": ""}',
        b'{"content": {"created_at": NaN}, "signature": ""}',
        b'{"signature": "x"}',
        b'{"content": {}, "signature": 1}',
        b"[" * 10_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_contract_at_all_is_refused(provider: Manager, consumer: Played, raw: bytes) -> None:
    answer = consumer.member.write("POST", f"{provider.member.address}/v1/contracts", raw=raw)
    assert (answer.status, answer.code) == (400, "SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH")


def test_a_body_of_ten_megabytes_is_refused(provider: Manager, consumer: Played) -> None:
    raw = b'{"signature": "' + b"x" * 10_000_000 + b'"}'
    answer = consumer.member.write("POST", f"{provider.member.address}/v1/contracts", raw=raw)
    assert (answer.status, answer.code) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("address", ["http://a.nl:8443", "https://a.nl", "https://a.nl:22", "a.nl:8443", "x"])
def test_an_address_that_is_no_managers_is_refused(
    provider: Manager, consumer: Played, offer: Content, address: str
) -> None:
    answer = consumer.member.submit(provider.member, offer, address=address)
    refused(provider, offer, answer, "INVALID_REQUEST", status=400)


def test_a_missing_address_is_refused(provider: Manager, consumer: Played, offer: Content) -> None:
    body = {"content": offer.as_json(), "signature": consumer.member.sign(offer)}
    answer = consumer.member.call("POST", f"{provider.member.address}/v1/contracts", body)
    refused(provider, offer, answer, "INVALID_REQUEST", status=400)


def test_a_refused_submission_does_not_change_the_peers_address(
    provider: Manager, consumer: Played, offer: Content
) -> None:
    consumer.member.submit(provider.member, offer)
    other = connection(provider, consumer)
    consumer.member.submit(provider.member, other, "x", address="https://127.0.0.1:8443")
    listed = provider.administer("GET", f"/peers?peer_id={consumer.member.id}").json["peers"]
    assert [peer["manager_address"] for peer in listed] == [consumer.member.address]


def test_an_address_where_another_peer_is_gives_no_certificates(
    group: Group, provider: Manager, stranger: Played
) -> None:
    member = group.member("Elsewhere")
    offer = made.contract(made.connection(consumer=member.id, provider=provider.member.id))
    answer = member.submit(provider.member, offer, address=stranger.member.address)
    refused(provider, offer, answer, "SIGNATURE_VERIFICATION_FAILED")


@pytest.mark.parametrize("peer_id", ["0001", "", "0000009900000000X000"])
def test_a_client_whose_certificate_names_no_peer_is_refused(group: Group, provider: Manager, peer_id: str) -> None:
    files = group.authority.issue(Subject("Odd", peer_id or None, "Odd peer", ("127.0.0.1",))).store(
        group.folder, f"odd-{peer_id}"
    )
    answer = Caller(files, group.anchor)("GET", f"{provider.member.address}/v1/peer")
    assert (answer.status, answer.code) == (400, "PEER_CERTIFICATE_VERIFICATION_FAILED")


def test_a_client_of_another_authority_gets_no_connection(group: Group, provider: Manager) -> None:
    files = (
        Authority.root("Another")
        .issue(Subject("X", "00000099000000009000", "X peer", ("127.0.0.1",)))
        .store(group.folder, "other")
    )
    with pytest.raises(OSError, match=r"(?i)alert|reset|eof|closed"):
        Caller(files, group.anchor)("GET", f"{provider.member.address}/v1/peer")
