"""Signatures that should not hold, made with plain cryptography."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.core.certificates import KeyPair


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def header(keys: KeyPair, algorithm: str, **changes: Any) -> dict[str, Any]:
    """A header that names a certificate; `changes` of None leave a member out."""
    members = {"alg": algorithm, "x5t#S256": keys.thumbprint} | changes
    return {name: value for name, value in members.items() if value is not None}


def compact(head: Any, payload: Any, sign: Callable[[bytes], bytes]) -> str:
    """A compact JWS of any header and payload, signed in any way."""
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (head, payload))
    return f"{signed}.{encoded(sign(signed.encode()))}"


def es256(keys: KeyPair) -> Callable[[bytes], bytes]:
    """Signs as ES256 does."""
    assert isinstance(keys.key, ec.EllipticCurvePrivateKey)
    key = keys.key

    def sign(data: bytes) -> bytes:
        r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def ps256(keys: KeyPair) -> Callable[[bytes], bytes]:
    """Signs as PS256 does."""
    assert isinstance(keys.key, rsa.RSAPrivateKey)
    key = keys.key
    filled = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    return lambda data: key.sign(data, filled, hashes.SHA256())


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    """Signs as HS256 does: with what the verifier takes for a public key, if it is careless."""
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def unsigned(_: bytes) -> bytes:
    """No signature at all."""
    return b""


def claims(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    said: dict[str, Any] = json.loads(decoded(token.split(".")[1]))
    return said
