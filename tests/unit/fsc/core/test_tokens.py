from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from support.fsc_core import (
    CONSUMER,
    DELEGATOR,
    GROUP,
    KEYS,
    NOW,
    PROVIDER,
    PUBLISHER,
    STRANGER,
    Authority,
    connection,
    content,
    root,
)

from wegennet.fsc.core import jws, tokens
from wegennet.fsc.core.certificates import KeyPair, public_key_thumbprint
from wegennet.fsc.core.contract import DelegatedServiceConnection, Outway, ServiceConnection, parse_content
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.hashes import grant_hashes

if TYPE_CHECKING:
    from wegennet.fsc.core.tokens import AccessToken

ANCHOR: Authority = root()
SIGNER = ANCHOR.pair(PROVIDER)
CLIENT = ANCHOR.pair(CONSUMER, number=1).certificate
CERTIFICATES = {SIGNER.thumbprint: SIGNER.certificate}
INWAY = "https://inway.example.nl:443"


def _claims(grant: dict[str, Any]) -> AccessToken:
    read = parse_content(content(grant))
    data = read.grants[0].data
    assert isinstance(data, ServiceConnection | DelegatedServiceConnection)
    return tokens.claims_for(
        read, data, grant_hash=grant_hashes(read)[0], inway_address=INWAY, certificate=CLIENT, now=NOW, ttl=300
    )


CLAIMS = _claims(connection())
TOKEN = tokens.issue(SIGNER, CLAIMS)
FULL = _claims(connection(delegator=DELEGATOR, publisher=PUBLISHER, properties={"level": 1.5, "tags": ["a"]}))


def _verify(
    token: str, *, now: int = NOW, group_id: str = GROUP, issuer: str = PROVIDER, **pairs: KeyPair
) -> AccessToken:
    known = CERTIFICATES | {pair.thumbprint: pair.certificate for pair in pairs.values()}
    return tokens.verify(token, known, group_id=group_id, issuer=issuer, now=now)


def _error(token: str, **options: Any) -> tuple[ErrorCode, int]:
    with pytest.raises(FscError) as caught:
        _verify(token, **options)
    return caught.value.code, caught.value.status


INVALID = (ErrorCode.ACCESS_TOKEN_INVALID, 401)


def test_claims_of_a_connection() -> None:
    digest = hashlib.sha256(CLIENT.public_bytes(Encoding.DER)).digest()
    assert CLAIMS.as_json() == {
        "gth": grant_hashes(parse_content(content()))[0],
        "gid": GROUP,
        "sub": CONSUMER,
        "iss": PROVIDER,
        "svc": "parkeren",
        "aud": INWAY,
        "exp": NOW + 300,
        "nbf": NOW,
        "cnf": {"x5t#S256": base64.urlsafe_b64encode(digest).decode().rstrip("=")},
        "add": {},
    }


def test_delegator_of_the_connection_is_the_subject_and_the_outway_acts() -> None:
    claims = _claims(connection(delegator=DELEGATOR)).as_json()
    assert (claims["sub"], claims["act"], "pdi" in claims) == (DELEGATOR, {"sub": CONSUMER}, False)


def test_delegator_of_the_publication_is_named() -> None:
    claims = _claims(connection(publisher=PUBLISHER)).as_json()
    assert (claims["sub"], claims["pdi"], "act" in claims) == (CONSUMER, PUBLISHER, False)


def test_both_delegators_are_named() -> None:
    assert (FULL.subject, FULL.actor, FULL.publication_delegator) == (DELEGATOR, CONSUMER, PUBLISHER)


@pytest.mark.parametrize("properties", [{}, {"a": {"b": [1]}}])
def test_properties_of_the_grant_are_in_the_token(properties: dict[str, Any]) -> None:
    assert _claims(connection(properties=properties)).as_json()["prp"] == properties


def test_peers_of_a_connection_for_the_log() -> None:
    assert (CLAIMS.outway_peer_id, CLAIMS.connection_delegator) == (CONSUMER, None)


def test_peers_of_a_delegated_connection_for_the_log() -> None:
    assert (FULL.outway_peer_id, FULL.connection_delegator) == (CONSUMER, DELEGATOR)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("claims", [CLAIMS, FULL])
def test_issued_token_is_verified(kind: str, claims: AccessToken) -> None:
    pair = ANCHOR.pair(PROVIDER, kind)
    assert _verify(tokens.issue(pair, claims), pair=pair) == claims


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_algorithm_can_be_chosen(algorithm: str) -> None:
    pair = ANCHOR.pair(PROVIDER, "rsa2048")
    token = tokens.issue(pair, CLAIMS, algorithm=algorithm)
    assert (jws.read(token).alg, _verify(token, pair=pair)) == (algorithm, CLAIMS)


def test_header_names_type_and_certificate() -> None:
    assert jws.read(TOKEN).header == {"alg": "ES256", "typ": "JWT", "x5t#S256": SIGNER.thumbprint}


def test_claims_are_read_without_verifying() -> None:
    assert tokens.read(TOKEN[: TOKEN.rindex(".") + 1] + "AAAA") == CLAIMS


@pytest.mark.parametrize(
    ("now", "error"),
    [
        (NOW - 61, INVALID),
        (NOW - 60, None),
        (NOW + 299, None),
        (NOW + 300, (ErrorCode.ACCESS_TOKEN_EXPIRED, 401)),
        (NOW + 10**9, (ErrorCode.ACCESS_TOKEN_EXPIRED, 401)),
    ],
)
def test_token_lasts_from_not_before_to_expiry(now: int, error: tuple[ErrorCode, int] | None) -> None:
    if error is None:
        assert _verify(TOKEN, now=now) == CLAIMS
    else:
        assert _error(TOKEN, now=now) == error


def test_token_of_another_group_is_forbidden() -> None:
    assert _error(TOKEN, group_id="fsc.group.other") == (ErrorCode.WRONG_GROUP_ID_IN_TOKEN, 403)


def test_token_of_another_issuer_is_invalid() -> None:
    assert _error(TOKEN, issuer=STRANGER) == INVALID


def test_token_signed_by_another_peer_is_invalid() -> None:
    assert _error(tokens.issue(ANCHOR.pair(PROVIDER, number=2), CLAIMS)) == INVALID


def test_token_that_names_our_certificate_and_is_signed_with_another_key_is_invalid() -> None:
    other = ANCHOR.pair(PROVIDER, number=2)
    assert _error(tokens.issue(KeyPair(other.key, (SIGNER.certificate,)), CLAIMS)) == INVALID


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256", "RS256", "ES512"])
def test_token_under_another_algorithm_is_invalid(algorithm: str) -> None:
    header = jws.read(TOKEN).header | {"alg": algorithm}
    text = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    assert _error(text + TOKEN[TOKEN.index(".") :]) == INVALID


def test_token_signed_with_the_public_key_as_secret_is_invalid() -> None:
    header = jws.read(TOKEN).header | {"alg": "HS256"}
    text = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    signed = text + TOKEN[TOKEN.index(".") : TOKEN.rindex(".")]
    public = SIGNER.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    code = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), hashlib.sha256)).decode().rstrip("=")
    assert _error(f"{signed}.{code}") == INVALID


@pytest.mark.parametrize("text", ["", "Bearer", "a.b.c", "...", f"Bearer {TOKEN}", f"{TOKEN},{TOKEN}", "é" * 100])
def test_what_is_no_token_is_invalid(text: str) -> None:
    assert _error(text) == INVALID


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCDwxyz0189-_.="))
def test_every_changed_character_makes_a_token_invalid(place: int, character: str) -> None:
    altered = TOKEN[:place] + character + TOKEN[place + 1 :]
    if altered != TOKEN:
        assert _error(altered) == INVALID


REQUIRED = ("gth", "gid", "sub", "iss", "svc", "aud", "exp", "nbf", "cnf")


@pytest.mark.parametrize("name", REQUIRED)
def test_token_without_a_claim_is_invalid(name: str) -> None:
    claims = {key: value for key, value in CLAIMS.as_json().items() if key != name}
    assert _error(jws.sign(SIGNER, json.dumps(claims).encode())) == INVALID


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in ("gth", "gid", "sub", "iss", "svc", "aud", "pdi")
            for value in (None, 1, [PROVIDER], {})
        ],
        *[(name, value) for name in ("exp", "nbf") for value in (None, str(NOW), float(NOW), True, [], {})],
        *[("cnf", value) for value in (None, "a", [], {}, {"x5t#S256": None}, {"jkt": "a"}, {"x5t#s256": "a"})],
        *[("act", value) for value in (None, CONSUMER, [], {}, {"sub": None}, {"sub": 1})],
        *[(name, value) for name in ("prp", "add") for value in (None, [], "a", 1)],
    ],
)
def test_claim_of_another_type_is_invalid(name: str, value: Any) -> None:
    assert _error(jws.sign(SIGNER, json.dumps(CLAIMS.as_json() | {name: value}).encode())) == INVALID


@pytest.mark.parametrize(
    "payload",
    [
        b"null",
        b"[]",
        b'"token"',
        b"{",
        b"{}",
        json.dumps(CLAIMS.as_json()).replace('"gid"', f'"gid": "{GROUP}", "gid"').encode(),
        json.dumps(CLAIMS.as_json() | {"exp": 2**60}).encode(),
        json.dumps(CLAIMS.as_json() | {"exp": float("nan")}).encode(),
    ],
)
def test_claims_that_cannot_be_read_are_invalid(payload: bytes) -> None:
    assert _error(jws.sign(SIGNER, payload)) == INVALID


def test_unknown_claims_make_no_difference() -> None:
    more = {"iat": NOW, "jti": "one", "cdi": None}
    assert _verify(jws.sign(SIGNER, json.dumps(CLAIMS.as_json() | more).encode())) == CLAIMS


def test_token_is_bound_to_the_certificate_it_was_asked_with() -> None:
    assert tokens.bound_to(CLAIMS, CLIENT)


def test_token_is_not_bound_to_another_certificate_of_the_same_key() -> None:
    assert not tokens.bound_to(CLAIMS, ANCHOR.pair(CONSUMER, number=1).certificate)


def _outway(peer_id: str = CONSUMER, **identification: str) -> Outway:
    kind = "DOMAIN_NAME" if "domain_name" in identification else "PUBLIC_KEY_THUMBPRINT"
    described = {"type": f"OUTWAY_IDENTIFICATION_TYPE_{kind}"} | identification
    return Outway.model_validate({"peer_id": peer_id, "identification": described})


NAMES = [x509.DNSName("outway.example.nl"), x509.IPAddress(ipaddress.ip_address("127.1.2.3"))]
NAMED = ANCHOR.pair(CONSUMER, extensions=[(x509.SubjectAlternativeName(NAMES), False)]).certificate


def test_outway_is_known_by_its_key() -> None:
    assert tokens.is_outway(_outway(public_key_thumbprint=public_key_thumbprint(CLIENT)), CLIENT)


def test_outway_of_another_key_is_not_the_one() -> None:
    other = ANCHOR.pair(CONSUMER, number=2).certificate
    assert not tokens.is_outway(_outway(public_key_thumbprint=public_key_thumbprint(CLIENT)), other)


def test_outway_of_another_peer_with_the_same_key_is_not_the_one() -> None:
    other = ANCHOR.pair(STRANGER, number=1).certificate
    assert not tokens.is_outway(_outway(public_key_thumbprint=public_key_thumbprint(CLIENT)), other)


@pytest.mark.parametrize(
    ("name", "known"), [("outway.example.nl", True), ("OUTWAY.example.nl", True), ("example.nl", False)]
)
def test_outway_is_known_by_a_name_in_its_certificate(name: str, *, known: bool) -> None:
    assert tokens.is_outway(_outway(domain_name=name), NAMED) is known


def test_outway_without_names_is_not_known_by_one() -> None:
    assert not tokens.is_outway(_outway(domain_name="outway.example.nl"), CLIENT)
