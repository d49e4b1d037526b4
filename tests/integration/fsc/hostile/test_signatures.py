"""Signatures that do not hold, at the Manager: refused with the standard's code, and nothing is stored."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.fsc import contracts, forged
from support.fsc.agreed import agreed
from support.fsc.outsider import ACCEPT, REJECT
from support.fsc.signing import payload

from wegennet.fsc.trial.keys import new_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant

Json = dict[str, Any]


def _payload(content: Json) -> Json:
    return payload(content, ACCEPT)


def _es256(peer: Outsider, content: Json, **header: Any) -> str:
    return forged.compact(forged.header(peer.keys, "ES256", **header), _payload(content), forged.es256(peer.keys))


def _tampered(peer: Outsider, content: Json) -> str:
    head, body, signature = peer.sign(content).split(".")
    octets = bytearray(forged.decoded(signature))
    octets[7] ^= 1
    return f"{head}.{body}.{forged.encoded(bytes(octets))}"


def _of_another_key(peer: Outsider, content: Json) -> str:
    stranger = replace(peer.keys, key=new_key())
    return forged.compact(forged.header(peer.keys, "ES256"), _payload(content), forged.es256(stranger))


def _other_payload(peer: Outsider, content: Json) -> str:
    head, _, signature = peer.sign(content).split(".")
    said = _payload(content) | {"signed_at": 1}
    return f"{head}.{forged.encoded(json.dumps(said).encode())}.{signature}"


def _hs256(peer: Outsider, content: Json) -> str:
    public = peer.keys.certificate.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return forged.compact(forged.header(peer.keys, "HS256"), _payload(content), forged.hs256(pem))


def _der_signature(peer: Outsider, content: Json) -> str:
    """ECDSA as X.509 writes it, rather than JOSE."""
    key = peer.keys.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return forged.compact(
        forged.header(peer.keys, "ES256"), _payload(content), lambda data: key.sign(data, ec.ECDSA(hashes.SHA256()))
    )


def _json_serialization(peer: Outsider, content: Json) -> str:
    head, body, signature = peer.sign(content).split(".")
    return json.dumps({"protected": head, "payload": body, "signature": signature})


def _detached(peer: Outsider, content: Json) -> str:
    head, _, signature = peer.sign(content).split(".")
    return f"{head}..{signature}"


def _reordered(peer: Outsider, content: Json) -> str:
    head, body, signature = peer.sign(content).split(".")
    return f"{body}.{head}.{signature}"


def _duplicate_claim(peer: Outsider, content: Json) -> str:
    text = json.dumps(_payload(content))
    head = forged.encoded(json.dumps(forged.header(peer.keys, "ES256")).encode())
    body = forged.encoded((text[:-1] + ', "type": "accept"}').encode())
    signature = forged.es256(peer.keys)(f"{head}.{body}".encode())
    return f"{head}.{body}.{forged.encoded(signature)}"


UNVERIFIABLE: dict[str, Callable[[Outsider, Json], str]] = {
    "one bit off": _tampered,
    "of another key": _of_another_key,
    "payload put in afterwards": _other_payload,
    "zeros": lambda peer, content: peer.sign(content).rpartition(".")[0] + "." + forged.encoded(bytes(64)),
    "signature in DER": _der_signature,
    "truncated": lambda peer, content: peer.sign(content)[:-20],
    "without its signature": lambda peer, content: peer.sign(content).rpartition(".")[0] + ".",
    "two parts": lambda peer, content: peer.sign(content).rpartition(".")[0],
    "an extra part": lambda peer, content: peer.sign(content) + ".e30",
    "trailing data": lambda peer, content: peer.sign(content) + "\n",
    "leading space": lambda peer, content: " " + peer.sign(content),
    "padded": lambda peer, content: peer.sign(content) + "==",
    "detached": _detached,
    "JSON serialization": _json_serialization,
    "empty": lambda _, __: "",
    "no certificate named": lambda peer, content: _es256(peer, content, **{"x5t#S256": None}),
    "unknown certificate named": lambda peer, content: _es256(peer, content, **{"x5t#S256": "A" * 43}),
    "certificate named by SHA-1": lambda peer, content: _es256(peer, content, **{"x5t#S256": None, "x5t": "A" * 27}),
    "critical extension": lambda peer, content: _es256(peer, content, crit=["exp"], exp=0),
    "unencoded payload": lambda peer, content: _es256(peer, content, crit=["b64"], b64=False),
    "key set of its own": lambda peer, content: _es256(peer, content, jku="https://127.0.0.1/jwks.json"),
    "certificate elsewhere": lambda peer, content: _es256(peer, content, x5u="https://127.0.0.1/cert.pem"),
    "key in the header": lambda peer, content: _es256(peer, content, jwk={"kty": "EC", "crv": "P-256"}),
    "a claim twice": _duplicate_claim,
    "megabytes": lambda peer, content: peer.sign(content).rpartition(".")[0] + "." + "A" * 1_900_000,
}

UNKNOWN_ALGORITHMS: dict[str, Callable[[Outsider, Json], str]] = {
    "none": lambda peer, content: forged.compact(forged.header(peer.keys, "none"), _payload(content), forged.unsigned),
    "None": lambda peer, content: forged.compact(forged.header(peer.keys, "None"), _payload(content), forged.unsigned),
    "no algorithm, as parts are re-ordered": _reordered,
    "HS256 with the public key": _hs256,
    "EdDSA": lambda peer, content: _es256(peer, content, alg="EdDSA"),
    "ES256K": lambda peer, content: _es256(peer, content, alg="ES256K"),
}


def _nothing_stored(manager: Participant, content: Json) -> None:
    assert manager.state(agreed(content).content_hash) is None


def _refused(answer: Answer, code: str) -> None:
    assert (answer.status, answer.code) == (422, f"ERROR_CODE_{code}")


@pytest.fixture
def content(outsider: Outsider, provider: Participant) -> Json:
    """A contract that the Manager would take, with a signature that holds."""
    grant = contracts.connection(outsider.id, outsider.outway_thumbprint, provider.id, contracts.new_name())
    return contracts.content(grant)


@pytest.mark.parametrize("forger", UNVERIFIABLE.values(), ids=UNVERIFIABLE.keys())
def test_signature_that_does_not_hold_is_refused(
    outsider: Outsider, provider: Participant, content: Json, forger: Callable[[Outsider, Json], str]
) -> None:
    answer = outsider.submit(provider.manager_address, content, forger(outsider, content) or " ")
    _refused(answer, "SIGNATURE_VERIFICATION_FAILED")
    _nothing_stored(provider, content)


@pytest.mark.parametrize("forger", UNKNOWN_ALGORITHMS.values(), ids=UNKNOWN_ALGORITHMS.keys())
def test_unknown_algorithm_is_refused(
    outsider: Outsider, provider: Participant, content: Json, forger: Callable[[Outsider, Json], str]
) -> None:
    answer = outsider.submit(provider.manager_address, content, forger(outsider, content))
    _refused(answer, "UNKNOWN_ALGORITHM_SIGNATURE")
    _nothing_stored(provider, content)


def test_signature_of_another_peer_is_refused(
    outsider: Outsider, second: Outsider, provider: Participant, content: Json
) -> None:
    answer = outsider.submit(provider.manager_address, content, second.sign(content))
    assert (answer.status, answer.code) in {
        (422, "ERROR_CODE_PEER_ID_SIGNATURE_MISMATCH"),
        (422, "ERROR_CODE_SIGNATURE_VERIFICATION_FAILED"),
    }
    _nothing_stored(provider, content)


def test_signature_of_another_contract_is_refused(outsider: Outsider, provider: Participant, content: Json) -> None:
    replayed = outsider.sign(content | {"iv": contracts.content()["iv"]})
    answer = outsider.submit(provider.manager_address, content, replayed)
    _refused(answer, "SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH")
    _nothing_stored(provider, content)


def test_signature_that_was_taken_from_a_contract_cannot_be_replayed_by_another_peer(
    outsider: Outsider, second: Outsider, provider: Participant
) -> None:
    grant = contracts.connection(outsider.id, outsider.outway_thumbprint, provider.id, contracts.new_name())
    content = contracts.content(contracts.delegated(grant, second.id))
    assert outsider.submit(provider.manager_address, content).status == 201
    taken = outsider.contracts(provider.manager_address)[content["iv"]]["signatures"]["accept"][outsider.id]
    answer = second.place(provider.manager_address, content, ACCEPT, signature=taken)
    assert (answer.status, answer.code) in {
        (422, "ERROR_CODE_PEER_ID_SIGNATURE_MISMATCH"),
        (422, "ERROR_CODE_SIGNATURE_VERIFICATION_FAILED"),
    }
    stored = outsider.contracts(provider.manager_address)[content["iv"]]["signatures"]["accept"]
    assert set(stored) == {outsider.id}


def test_same_signature_twice_is_kept_once(outsider: Outsider, provider: Participant, content: Json) -> None:
    signature = outsider.sign(content)
    assert outsider.submit(provider.manager_address, content, signature).status == 201
    assert outsider.submit(provider.manager_address, content, signature).status == 201
    stored = outsider.contracts(provider.manager_address)[content["iv"]]["signatures"]
    assert stored == {"accept": {outsider.id: signature}, "reject": {}, "revoke": {}}


def test_accept_signature_after_a_rejection_changes_nothing(
    outsider: Outsider, provider: Participant, content: Json
) -> None:
    accepted = outsider.sign(content)
    assert outsider.submit(provider.manager_address, content, accepted).status == 201
    assert outsider.place(provider.manager_address, content, REJECT).status == 201
    outsider.place(provider.manager_address, content, ACCEPT, signature=accepted)
    assert provider.state(agreed(content).content_hash) == "CONTRACT_STATE_REJECTED"


def test_signature_of_tomorrow_is_refused(outsider: Outsider, provider: Participant, content: Json) -> None:
    said = payload(content, ACCEPT, signed_at=int(time.time()) + 86_400)
    signature = forged.compact(forged.header(outsider.keys, "ES256"), said, forged.es256(outsider.keys))
    _refused(outsider.submit(provider.manager_address, content, signature), "SIGNATURE_VERIFICATION_FAILED")
    _nothing_stored(provider, content)
