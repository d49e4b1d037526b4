from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import KeySet
from support.fsc_core import KEYS, PROVIDER, Authority, root

from wegennet.fsc.core import jwks
from wegennet.fsc.core.jwks import certificates, jwk_set

ANCHOR: Authority = root()
LOWER = ANCHOR.below("lower")
PAIRS = [LOWER.pair(PROVIDER, kind) for kind in KEYS]
CHAINS = [(pair.certificate, LOWER.certificate) for pair in PAIRS]
SET = jwk_set(CHAINS)


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=="), "big")


def test_every_certificate_is_a_key_of_the_set() -> None:
    assert [key["x5t#S256"] for key in SET["keys"]] == [pair.thumbprint for pair in PAIRS]


def test_same_certificate_is_a_key_once() -> None:
    assert len(jwk_set([CHAINS[0], CHAINS[1], CHAINS[0]])["keys"]) == 2


def test_keys_are_for_signatures_with_their_own_algorithm() -> None:
    said = [(key["kty"], key["use"], key["alg"], key.get("crv")) for key in SET["keys"]]
    assert said == [
        ("RSA", "sig", "RS512", None),
        ("RSA", "sig", "RS512", None),
        ("EC", "sig", "ES256", "P-256"),
        ("EC", "sig", "ES384", "P-384"),
        ("EC", "sig", "ES512", "P-521"),
    ]


def test_key_id_is_the_thumbprint_of_the_certificate() -> None:
    assert all(key["kid"] == key["x5t#S256"] for key in SET["keys"])


def test_members_are_those_of_the_public_key() -> None:
    for key, pair in zip(SET["keys"], PAIRS, strict=True):
        public = pair.certificate.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            assert (_number(key["n"]), _number(key["e"])) == (public.public_numbers().n, 65537)
        else:
            assert isinstance(public, ec.EllipticCurvePublicKey)
            numbers = public.public_numbers()
            assert (_number(key["x"]), _number(key["y"])) == (numbers.x, numbers.y)


def test_private_parts_stay_private() -> None:
    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in SET["keys"])


def test_chain_is_in_the_set_in_order() -> None:
    der = [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode() for certificate in CHAINS[0]]
    assert SET["keys"][0]["x5c"] == der


def test_set_is_one_by_the_rfc() -> None:
    assert len(KeySet.import_key_set(SET).keys) == len(KEYS)


def test_chains_are_read_back() -> None:
    assert certificates(SET) == {pair.thumbprint: chain for pair, chain in zip(PAIRS, CHAINS, strict=True)}


def test_thumbprint_is_that_of_the_certificate_whatever_the_key_says() -> None:
    lying = {"keys": [SET["keys"][0] | {"x5t#S256": PAIRS[1].thumbprint, "kid": PAIRS[1].thumbprint}]}
    assert list(certificates(lying)) == [PAIRS[0].thumbprint]


GOOD = SET["keys"][2]
OTHER = SET["keys"][3]["x5c"][0]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "key",
        [],
        {},
        {"kty": "EC"},
        GOOD | {"x5c": None},
        GOOD | {"x5c": []},
        GOOD | {"x5c": "AAAA"},
        GOOD | {"x5c": [None]},
        GOOD | {"x5c": [1]},
        GOOD | {"x5c": ["é"]},
        GOOD | {"x5c": ["!!!"]},
        GOOD | {"x5c": ["AAAA"]},
        {"kty": "EC", "x5c": [f"{OTHER[:64]}\n{OTHER[64:]}"]},
        GOOD | {"x5c": [GOOD["x5c"][0], "AAAA"]},
        GOOD | {"x5c": [GOOD["x5c"][0].replace("/", "_").replace("+", "-") + "-"]},
        GOOD | {"x5c": GOOD["x5c"][:1] * 10},
    ],
)
def test_key_that_cannot_be_read_does_not_spoil_the_others(bad: Any) -> None:
    assert list(certificates({"keys": [bad, GOOD]})) == [PAIRS[2].thumbprint]


@pytest.mark.parametrize("value", [None, [], "keys", 1, {}, {"keys": None}, {"keys": {}}, {"keys": "a"}, {"keys": []}])
def test_what_is_no_set_has_no_certificates(value: Any) -> None:
    assert certificates(value) == {}


def test_no_more_keys_are_looked_at_than_a_peer_needs() -> None:
    assert certificates({"keys": [{}] * jwks.MAX_KEYS + [GOOD]}) == {}
