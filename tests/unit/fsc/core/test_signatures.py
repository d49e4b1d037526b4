from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fsc_core import CONSUMER, DAY, KEYS, NOW, PROVIDER, Authority, content, key, root, subject

from wegennet.fsc.core import jws, signatures
from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.core.contract import LAST_SECOND, parse_content
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.core.signatures import Signature, SignatureType

ANCHOR: Authority = root()
PAIR = ANCHOR.pair(PROVIDER)
HASH = content_hash(parse_content(content()))
OTHER_HASH = content_hash(parse_content(content(created_at=NOW - 1)))
PAYLOAD = {"contract_content_hash": HASH, "type": "accept", "signed_at": NOW}


def _accepted(pair: KeyPair = PAIR) -> Signature:
    return signatures.verify(signatures.sign(pair, HASH, SignatureType.ACCEPT, NOW), pair.certificate)


def _code(text: str, pair: KeyPair = PAIR) -> ErrorCode:
    with pytest.raises(FscError) as caught:
        signatures.verify(text, pair.certificate)
    assert caught.value.status == 422
    return caught.value.code


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("signature_type", SignatureType)
def test_signature_says_who_signed_what_and_when(kind: str, signature_type: SignatureType) -> None:
    pair = ANCHOR.pair(PROVIDER, kind, ends=NOW + 3 * DAY)
    text = signatures.sign(pair, HASH, signature_type, NOW)
    expected = Signature(text, PROVIDER, signature_type, NOW, HASH, pair.thumbprint, NOW + 3 * DAY)
    assert signatures.verify(text, pair.certificate) == expected


@pytest.mark.parametrize(("kind", "algorithm"), [("rsa2048", "RS256"), ("rsa2048", "RS384"), ("rsa2048", "RS512")])
def test_algorithm_can_be_chosen(kind: str, algorithm: str) -> None:
    pair = ANCHOR.pair(PROVIDER, kind)
    text = signatures.sign(pair, HASH, SignatureType.ACCEPT, NOW, algorithm=algorithm)
    assert signatures.read(text).alg == algorithm


def test_payload_has_the_members_of_the_standard() -> None:
    text = signatures.sign(PAIR, HASH, SignatureType.REVOKE, NOW)
    assert json.loads(signatures.read(text).payload) == PAYLOAD | {"type": "revoke"}


def test_reading_tells_which_certificate_to_look_for() -> None:
    assert signatures.read(signatures.sign(PAIR, HASH, SignatureType.ACCEPT, NOW)).thumbprint == PAIR.thumbprint


@pytest.mark.parametrize("text", ["", "a.b.c", "not a jws"])
def test_what_is_no_jws_cannot_be_verified(text: str) -> None:
    with pytest.raises(FscError) as caught:
        signatures.read(text)
    assert caught.value.code == ErrorCode.SIGNATURE_VERIFICATION_FAILED


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256"])
def test_unknown_algorithm_has_a_code_of_its_own(algorithm: str) -> None:
    good = signatures.sign(PAIR, HASH, SignatureType.ACCEPT, NOW)
    header = jws.read(good).header | {"alg": algorithm}
    text = urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=") + good[good.index(".") :]
    assert _code(text) == ErrorCode.UNKNOWN_ALGORITHM_SIGNATURE


def test_altered_signature_is_refused() -> None:
    good = signatures.sign(PAIR, HASH, SignatureType.ACCEPT, NOW)
    assert _code(good[:-2] + ("AA" if good[-2:] != "AA" else "QQ")) == ErrorCode.SIGNATURE_VERIFICATION_FAILED


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'"accept"',
        b"{}",
        b"{",
        json.dumps(PAYLOAD).encode("utf-16"),
        json.dumps(PAYLOAD).encode() + b" {}",
        json.dumps(PAYLOAD).replace('"accept"', '"accept", "type": "reject"').encode(),
        *[json.dumps({k: v for k, v in PAYLOAD.items() if k != name}).encode() for name in PAYLOAD],
        *[json.dumps(PAYLOAD | {"extra": value}).encode() for value in (None, 1, {})],
        *[json.dumps(PAYLOAD | {"type": value}).encode() for value in ("Accept", "", None, 1, ["accept"], {}, "sign")],
        *[json.dumps(PAYLOAD | {"contract_content_hash": value}).encode() for value in (None, 1, [HASH], {})],
        *[
            json.dumps(PAYLOAD | {"signed_at": value}).encode()
            for value in (str(NOW), float(NOW), None, True, -1, LAST_SECOND + 1, 2**60, [NOW])
        ],
        json.dumps(PAYLOAD).replace(str(NOW), "NaN").encode(),
        json.dumps(PAYLOAD | {"signed_at": [[[[[[]]]]]]}).encode(),
    ],
)
def test_payload_of_another_form_is_refused(payload: bytes) -> None:
    assert _code(jws.sign(PAIR, payload)) == ErrorCode.SIGNATURE_VERIFICATION_FAILED


def test_order_of_members_in_the_payload_makes_no_difference() -> None:
    payload = json.dumps(dict(reversed(PAYLOAD.items())), indent=1).encode()
    assert signatures.verify(jws.sign(PAIR, payload), PAIR.certificate).signed_at == NOW


def test_signer_without_an_oin_is_no_peer() -> None:
    pair = KeyPair(key("p256"), (ANCHOR.issue(subject("12345"), key("p256")),))
    with pytest.raises(FscError) as caught:
        _accepted(pair)
    assert caught.value.code == ErrorCode.PEER_CERTIFICATE_VERIFICATION_FAILED


@given(st.text("0123456789abcdef", max_size=40), st.integers(0, LAST_SECOND), st.sampled_from(SignatureType))
def test_what_is_signed_is_read_back(text: str, moment: int, signature_type: SignatureType) -> None:
    signature = signatures.verify(signatures.sign(PAIR, text, signature_type, moment), PAIR.certificate)
    assert (signature.content_hash, signature.signed_at, signature.type) == (text, moment, signature_type)


def _check(**changes: Any) -> None:
    expected = {"content_hash": HASH, "signature_type": SignatureType.ACCEPT, "peer_id": PROVIDER, "now": NOW} | changes
    signatures.check(_accepted(), **expected)


def test_signature_that_says_what_it_should_passes() -> None:
    _check()


def test_clock_of_the_signer_may_be_a_minute_ahead() -> None:
    _check(now=NOW - 60)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content_hash": OTHER_HASH}, ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH),
        ({"peer_id": CONSUMER}, ErrorCode.PEER_ID_SIGNATURE_MISMATCH),
        ({"signature_type": SignatureType.REJECT}, ErrorCode.SIGNATURE_VERIFICATION_FAILED),
        ({"signature_type": SignatureType.REVOKE}, ErrorCode.SIGNATURE_VERIFICATION_FAILED),
        ({"now": NOW - 61}, ErrorCode.SIGNATURE_VERIFICATION_FAILED),
        ({"content_hash": OTHER_HASH, "peer_id": CONSUMER}, ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH),
    ],
)
def test_signature_that_says_something_else_is_refused(changes: dict[str, Any], code: ErrorCode) -> None:
    with pytest.raises(FscError) as caught:
        _check(**changes)
    assert caught.value.code == code
