"""Compact JSON Web Signatures as contracts and access tokens use them (RFC 7515; FSC Core 4.2.3, 4.3).

A signature is made with a key pair and names its certificate by `x5t#S256`. Six algorithms are known; a header that
brings a key of its own, or that changes how the rest is read, is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64decode

from wegennet.fsc.core import ijson
from wegennet.fsc.core.certificates import CertificateError, certificate_thumbprint, usable_public_key

if TYPE_CHECKING:
    from cryptography import x509

    from wegennet.fsc.core.certificates import KeyPair, PrivateKey, PublicKey

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
MAX_LENGTH: Final = 1_500_000
"""Longest JWS: the properties of a grant go into its access tokens, up to 1 MB (FSC Core 4.2.2.2)."""

_ALGORITHM_OF_CURVE: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")
_REFUSED: Final = ("crit", "b64", "zip", "jku", "jwk", "x5u", "x5c")
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")

_REGISTRY: Final = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
_REGISTRY.max_payload_length = MAX_LENGTH
# In base64url, that of RSA with 8192 bits.
_REGISTRY.max_signature_length = 1366


class JwsError(ValueError):
    """A JWS that does not hold; the message is a sentence that says why."""


class UnknownAlgorithmError(JwsError):
    """A JWS that was made with an algorithm that the standard does not allow."""


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a JWS says of itself before anything was verified.

    Attributes:
        text: the compact JWS.
        thumbprint: `x5t#S256`: of the certificate with which to verify it.
        alg: one of `ALGORITHMS`.
        header: the whole header.
        payload: the bytes that would be signed.
    """

    text: str
    thumbprint: str
    alg: str
    header: dict[str, Any]
    payload: bytes


def algorithm_of(key: PrivateKey | PublicKey) -> str:
    """The algorithm with which a key signs unless told otherwise: the one of its curve, or RS512."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return "RS512"
    return _ALGORITHM_OF_CURVE[key.curve.name]


def sign(keypair: KeyPair, payload: bytes, *, algorithm: str | None = None, typ: str | None = None) -> str:
    """Signs a payload; the certificate is named in the header.

    Args:
        keypair: what to sign with.
        payload: what is signed.
        algorithm: one of `ALGORITHMS` that fits the key; the key's own by default.
        typ: type of the payload for the header, if any.

    Raises:
        JwsError: the algorithm does not fit the key.
    """
    alg = algorithm or algorithm_of(keypair.key)
    if not _fits(alg, keypair.key):
        raise JwsError(f"The key cannot sign with {alg}.")
    header = {"alg": alg, **({"typ": typ} if typ else {}), "x5t#S256": keypair.thumbprint}
    return jws.serialize_compact(header, payload, _signing_key(keypair.key), registry=_REGISTRY)


def read(text: str) -> Unverified:
    """Takes a JWS apart without verifying it.

    Raises:
        UnknownAlgorithmError: its algorithm is not one of the six.
        JwsError: it is no compact JWS, names no certificate, or its header holds what is refused.
    """
    form = _FORM.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if form is None:
        raise JwsError("This is no compact JWS: three parts in base64url with a dot between them.")
    header = _read_header(_decoded(form[1]))
    return Unverified(text, _thumbprint(header), header["alg"], header, _decoded(form[2]))


def verify(said: Unverified, certificate: x509.Certificate) -> bytes:
    """Verifies a JWS with the certificate that it names.

    Returns:
        Its payload.

    Raises:
        JwsError: it was not made with the key of this certificate, or was altered.
    """
    if said.thumbprint != certificate_thumbprint(certificate):
        raise JwsError("The JWS names another certificate (x5t#S256).")
    try:
        key = _verifying_key(certificate)
        if not _fits(said.alg, key.public_key):
            raise JwsError(f"The algorithm {said.alg} does not fit the certificate's key.")
        jws.deserialize_compact(said.text, key, registry=_REGISTRY)
    except CertificateError as error:
        raise JwsError(str(error)) from None
    except BadSignatureError:
        raise JwsError("The signature does not hold: the JWS was altered, or made with another key.") from None
    except JoseError as error:
        raise JwsError(f"The signature does not hold: {error.description or error.error}.") from None
    return said.payload


def _read_header(data: bytes) -> dict[str, Any]:
    try:
        header = ijson.parse(data, max_depth=4)
    except ijson.InvalidJsonError as error:
        raise JwsError(f"The header of the JWS cannot be read: {error}") from None
    if not isinstance(header, dict):
        raise JwsError("The header of the JWS is no object.")
    if header.get("alg") not in ALGORITHMS:
        raise UnknownAlgorithmError(f"The algorithm of the JWS is not one of {', '.join(ALGORITHMS)}.")
    for name in _REFUSED:
        if name in header:
            raise JwsError(f"The header of the JWS may not hold {name}.")
    return header


def _thumbprint(header: dict[str, Any]) -> str:
    thumbprint = header.get("x5t#S256")
    if not isinstance(thumbprint, str) or not _THUMBPRINT.fullmatch(thumbprint):
        raise JwsError("The header of the JWS names no certificate: x5t#S256 must be a SHA-256 in base64url.")
    return thumbprint


def _decoded(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part.encode())
    except ValueError:
        raise JwsError("A part of the JWS is no base64url.") from None


def _fits(alg: str, key: PrivateKey | PublicKey) -> bool:
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return alg in ("RS256", "RS384", "RS512")
    return alg == _ALGORITHM_OF_CURVE.get(key.curve.name)


@lru_cache(maxsize=512)
def _verifying_key(certificate: x509.Certificate) -> RSAKey | ECKey:
    return jose_key(usable_public_key(certificate))


@lru_cache(maxsize=8)
def _signing_key(key: PrivateKey) -> RSAKey | ECKey:
    return jose_key(key)


def jose_key(key: PrivateKey | PublicKey) -> RSAKey | ECKey:
    """A key as the JOSE library takes it."""
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return ECKey(key, key)
    return RSAKey(key, key)
