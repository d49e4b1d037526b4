from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from support.fsc_core import KEYS, Authority, key, root

from wegennet.fsc.core import jws
from wegennet.fsc.core.certificates import KeyPair, certificate_thumbprint
from wegennet.fsc.core.jws import JwsError, UnknownAlgorithmError

ANCHOR: Authority = root()
EC = ANCHOR.pair(kind="p256")
RSA = ANCHOR.pair(kind="rsa2048")
PAYLOAD = b'{"a":1}'
SIGNED = jws.sign(EC, PAYLOAD)
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FITTING = [
    *[(kind, algorithm) for kind in ("rsa2048", "rsa3072") for algorithm in ("RS256", "RS384", "RS512")],
    ("p256", "ES256"),
    ("p384", "ES384"),
    ("p521", "ES512"),
]


def _part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _header(**changes: Any) -> dict[str, Any]:
    header = {"alg": "ES256", "x5t#S256": EC.thumbprint} | changes
    return {name: value for name, value in header.items() if value is not ...}


def _ec_signature(data: bytes, pair: KeyPair = EC) -> bytes:
    assert isinstance(pair.key, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(pair.key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _crafted(header: Any, payload: Any = PAYLOAD, *, pair: KeyPair = EC) -> str:
    """A JWS with any header, rightly signed with ES256."""
    signed = f"{_part(header)}.{_part(payload)}"
    return f"{signed}.{_part(_ec_signature(signed.encode(), pair))}"


def _verified(text: str, pair: KeyPair = EC) -> bytes:
    return jws.verify(jws.read(text), pair.certificate)


@pytest.mark.parametrize(("kind", "algorithm"), FITTING)
def test_what_is_signed_is_verified(kind: str, algorithm: str) -> None:
    pair = ANCHOR.pair(kind=kind)
    assert _verified(jws.sign(pair, PAYLOAD, algorithm=algorithm), pair) == PAYLOAD


@pytest.mark.parametrize(("kind", "algorithm"), FITTING)
def test_header_names_algorithm_and_certificate(kind: str, algorithm: str) -> None:
    pair = ANCHOR.pair(kind=kind)
    header = jws.read(jws.sign(pair, PAYLOAD, algorithm=algorithm)).header
    assert header == {"alg": algorithm, "x5t#S256": certificate_thumbprint(pair.certificate)}


@pytest.mark.parametrize(
    ("kind", "algorithm"), [*zip(KEYS, ("RS512", "RS512", "ES256", "ES384", "ES512"), strict=True)]
)
def test_key_has_an_algorithm_of_its_own(kind: str, algorithm: str) -> None:
    assert jws.read(jws.sign(ANCHOR.pair(kind=kind), PAYLOAD)).alg == algorithm


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("algorithm", [*jws.ALGORITHMS, "none", "HS256", "PS256", "EdDSA", ""])
def test_key_signs_with_no_algorithm_that_does_not_fit(kind: str, algorithm: str) -> None:
    if algorithm and (kind, algorithm) not in FITTING:
        with pytest.raises(JwsError, match="cannot sign with"):
            jws.sign(ANCHOR.pair(kind=kind), PAYLOAD, algorithm=algorithm)


def test_signature_that_openssl_makes_is_verified() -> None:
    signed = f"{_part({'x5t#S256': RSA.thumbprint, 'alg': 'RS384'})}.{_part(PAYLOAD)}"
    assert isinstance(RSA.key, rsa.RSAPrivateKey)
    signature = RSA.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA384())
    assert _verified(f"{signed}.{_part(signature)}", RSA) == PAYLOAD


def test_header_with_members_that_mean_nothing_to_us_is_verified() -> None:
    assert _verified(_crafted(_header(typ="JWT", kid="one", cty="json", x="unknown"))) == PAYLOAD


@given(st.integers(0, len(SIGNED) - 1), st.sampled_from(BASE64URL + ".=+/ \n"))
def test_every_changed_character_is_refused(place: int, character: str) -> None:
    altered = SIGNED[:place] + character + SIGNED[place + 1 :]
    if altered != SIGNED:
        with pytest.raises(JwsError):
            _verified(altered)


def test_every_changed_last_character_is_refused() -> None:
    """Unused bits of the last character would make a second text of the same signature."""
    for part in range(3):
        for character in BASE64URL:
            parts = SIGNED.split(".")
            if parts[part][-1] != character:
                parts[part] = parts[part][:-1] + character
                with pytest.raises(JwsError):
                    _verified(".".join(parts))


@given(st.integers(0, len(SIGNED) - 1))
def test_every_truncation_is_refused(length: int) -> None:
    with pytest.raises(JwsError):
        _verified(SIGNED[:length])


@given(st.integers(0, len(SIGNED)), st.sampled_from(BASE64URL + ".= \n\x00"))
def test_every_insertion_is_refused(place: int, character: str) -> None:
    with pytest.raises(JwsError):
        _verified(SIGNED[:place] + character + SIGNED[place:])


HEADER, BODY, SIGNATURE = SIGNED.split(".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        HEADER,
        f"{HEADER}.{BODY}",
        f"{HEADER}.{BODY}.",
        f"{HEADER}..{SIGNATURE}",
        f".{BODY}.{SIGNATURE}",
        f"{HEADER}.{BODY}.{SIGNATURE}.",
        f"{HEADER}.{BODY}.{SIGNATURE}.{SIGNATURE}",
        f"{HEADER}.{BODY}.{SIGNATURE}\n",
        f" {SIGNED}",
        f"{SIGNED} ",
        f"{HEADER}=.{BODY}.{SIGNATURE}",
        f"{HEADER}.{BODY}==.{SIGNATURE}",
        f"{HEADER}.{BODY}.{SIGNATURE}==",
        f"{BODY}.{HEADER}.{SIGNATURE}",
        f"{HEADER}.{SIGNATURE}.{BODY}",
        f"{SIGNATURE}.{BODY}.{HEADER}",
        json.dumps({"protected": HEADER, "payload": BODY, "signature": SIGNATURE}),
        "é.é.é",
        "a.b.c",
    ],
)
def test_what_is_no_compact_jws_is_refused(text: str) -> None:
    with pytest.raises(JwsError):
        _verified(text)


def test_parts_of_two_signatures_make_none() -> None:
    other = jws.sign(EC, b'{"a":2}').split(".")
    with pytest.raises(JwsError, match="does not hold"):
        _verified(f"{HEADER}.{other[1]}.{SIGNATURE}")


@pytest.mark.parametrize("text", ["a" * 10_000_000, f"{HEADER}.{'A' * 2_000_000}.{SIGNATURE}"])
def test_enormous_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(JwsError, match="no compact JWS"):
        jws.read(text)


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "HS256", "HS512", "PS256", "PS384", "PS512", "EdDSA", "ES256K", "RS1"]
)
def test_other_algorithm_is_refused_as_unknown(alg: str) -> None:
    with pytest.raises(UnknownAlgorithmError):
        jws.read(_crafted(_header(alg=alg)))


@pytest.mark.parametrize("alg", [..., None, 1, "", "es256", ["ES256"], {"ES256": 1}, True])
def test_algorithm_that_is_none_of_the_names_is_refused(alg: Any) -> None:
    with pytest.raises(UnknownAlgorithmError):
        jws.read(_crafted(_header(alg=alg)))


def test_unsigned_token_is_refused() -> None:
    with pytest.raises(UnknownAlgorithmError):
        jws.read(f"{_part(_header(alg='none'))}.{_part(PAYLOAD)}.")


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_public_key_is_no_secret_to_sign_with(encoding: Encoding) -> None:
    public = RSA.certificate.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{_part({'alg': 'HS256', 'x5t#S256': RSA.thumbprint})}.{_part(PAYLOAD)}"
    forged = f"{signed}.{_part(hmac.digest(public, signed.encode(), hashlib.sha256))}"
    with pytest.raises(UnknownAlgorithmError):
        _verified(forged, RSA)


def test_pss_signature_under_the_name_of_pkcs_1_is_refused() -> None:
    signed = f"{_part({'alg': 'RS256', 'x5t#S256': RSA.thumbprint})}.{_part(PAYLOAD)}"
    assert isinstance(RSA.key, rsa.RSAPrivateKey)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signature = RSA.key.sign(signed.encode(), pss, hashes.SHA256())
    with pytest.raises(JwsError, match="does not hold"):
        _verified(f"{signed}.{_part(signature)}", RSA)


@pytest.mark.parametrize(
    ("kind", "algorithm"), [("p256", "ES384"), ("p384", "ES256"), ("p256", "RS256"), ("rsa2048", "ES256")]
)
def test_algorithm_of_another_key_is_refused(kind: str, algorithm: str) -> None:
    pair = ANCHOR.pair(kind=kind)
    text = f"{_part({'alg': algorithm, 'x5t#S256': pair.thumbprint})}.{_part(PAYLOAD)}.{SIGNATURE}"
    with pytest.raises(JwsError, match="does not fit"):
        _verified(text, pair)


def test_signature_in_asn_1_is_refused() -> None:
    signed = f"{HEADER}.{BODY}"
    assert isinstance(EC.key, ec.EllipticCurvePrivateKey)
    der = EC.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(JwsError, match="does not hold"):
        _verified(f"{signed}.{_part(der)}")


@pytest.mark.parametrize("signature", [b"\x00" * 64, b"\xff" * 64, b"\x00" * 63, b"\x00" * 65, b"\x00"])
def test_signature_of_nothing_is_refused(signature: bytes) -> None:
    with pytest.raises(JwsError, match="does not hold"):
        _verified(f"{HEADER}.{BODY}.{_part(signature)}")


THUMBPRINT = EC.thumbprint


@pytest.mark.parametrize(
    "thumbprint",
    [
        ...,
        None,
        "",
        7,
        [THUMBPRINT],
        THUMBPRINT[:-1],
        THUMBPRINT + "A",
        THUMBPRINT + "=",
        THUMBPRINT + "\n",
        THUMBPRINT[:-1] + "B",
    ],
)
def test_header_that_names_no_certificate_is_refused(thumbprint: Any) -> None:
    with pytest.raises(JwsError, match="names no certificate"):
        jws.read(_crafted(_header(**{"x5t#S256": thumbprint})))


def test_certificate_under_another_header_is_not_enough() -> None:
    with pytest.raises(JwsError, match="names no certificate"):
        jws.read(_crafted({"alg": "ES256", "x5t": THUMBPRINT, "kid": THUMBPRINT}))


def test_jws_that_names_another_certificate_is_refused() -> None:
    renewed = ANCHOR.pair(kind="p256")
    with pytest.raises(JwsError, match="names another certificate"):
        _verified(SIGNED, renewed)


def test_key_of_another_certificate_is_refused() -> None:
    other = ANCHOR.pair(kind="p256", number=1)
    with pytest.raises(JwsError, match="does not hold"):
        _verified(_crafted(_header(), pair=other))


def test_certificate_of_a_weak_key_is_refused() -> None:
    weak = KeyPair(key("rsa1024"), (ANCHOR.issue([], key("rsa1024")),))
    with pytest.raises(JwsError, match="at least 2048 bits"):
        _verified(jws.sign(weak, PAYLOAD), weak)


@pytest.mark.parametrize(
    "more",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"jku": "https://evil.example/jwks.json"},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["AAAA"]},
        {"zip": "DEF"},
    ],
)
def test_header_that_brings_a_key_or_changes_the_rest_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(JwsError, match="may not hold"):
        _verified(_crafted(_header(**more)))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b'"ES256"',
        b"null",
        b"{",
        b'{"alg":"none","alg":"ES256","x5t#S256":"' + THUMBPRINT.encode() + b'"}',
        b'{"alg":"ES256","x5t#S256":"a","x5t#S256":"' + THUMBPRINT.encode() + b'"}',
        b"\xef\xbb\xbf" + json.dumps(_header()).encode(),
        json.dumps(_header()).encode("utf-16"),
        b'{"alg":"ES256","a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"alg":"ES256","a":NaN}',
        json.dumps(_header(padding="x" * 1000)).encode(),
    ],
)
def test_header_that_is_no_plain_object_is_refused(header: bytes) -> None:
    with pytest.raises(JwsError):
        _verified(_crafted(header))


@given(st.binary(max_size=300))
def test_any_payload_is_carried_unchanged(payload: bytes) -> None:
    text = jws.sign(EC, payload)
    if payload:
        assert _verified(text) == payload
    else:
        with pytest.raises(JwsError):
            _verified(text)


def test_large_payload_is_carried() -> None:
    payload = b"x" * 1_000_000
    assert _verified(jws.sign(EC, payload)) == payload


@given(st.text(max_size=200))
def test_any_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(JwsError, match=r"\.$"):
        jws.read(text)
