"""Signatures on contracts (FSC Core 4.2.3): made, read, verified, checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from wegennet.fsc.core import ijson, jws
from wegennet.fsc.core.certificates import certificate_thumbprint, expires_at
from wegennet.fsc.core.contract import LAST_SECOND
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.identity import identify
from wegennet.fsc.core.jws import Unverified

if TYPE_CHECKING:
    from cryptography import x509

    from wegennet.fsc.core.certificates import KeyPair

__all__ = ["Signature", "SignatureType", "Unverified", "check", "read", "sign", "verify"]

CLOCK_LEEWAY: Final = 60
"""Seconds that another peer's clock may be ahead of ours."""

_KEYS: Final = {"contract_content_hash", "type", "signed_at"}


class SignatureType(StrEnum):
    """What a peer says of a contract."""

    ACCEPT = "accept"
    REJECT = "reject"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was verified.

    Attributes:
        jws: the compact JWS as it came in.
        peer_id: of the peer whose certificate it was verified with.
        type: accept, reject or revoke.
        signed_at: Unix seconds, as the signer says.
        content_hash: of the contract that it is on.
        thumbprint: of the signer's certificate (`x5t#S256`).
        expires_at: last Unix second in which that certificate is valid.
    """

    jws: str
    peer_id: str
    type: SignatureType
    signed_at: int
    content_hash: str
    thumbprint: str
    expires_at: int


def sign(
    keypair: KeyPair, content_hash: str, signature_type: SignatureType, now: int, *, algorithm: str | None = None
) -> str:
    """Signs a contract: a compact JWS.

    Args:
        keypair: the peer's, for contracts.
        content_hash: of the contract.
        signature_type: what the peer says of it.
        now: Unix seconds.
        algorithm: one of `jws.ALGORITHMS` that fits the key; the key's own by default.
    """
    payload = {"contract_content_hash": content_hash, "type": signature_type.value, "signed_at": now}
    return jws.sign(keypair, ijson.canonical(payload), algorithm=algorithm)


def read(text: str) -> Unverified:
    """Takes a signature apart without verifying it: which certificate to look for.

    Raises:
        FscError: it is no signature that could be verified.
    """
    try:
        return jws.read(text)
    except jws.JwsError as error:
        raise _refused(error) from None


def verify(text: str, certificate: x509.Certificate) -> Signature:
    """Verifies a signature with the certificate that it names.

    The certificate itself must have been verified (`certificates.verify_chain`), and what is said be checked after.

    Raises:
        FscError: it does not hold, or its payload is not that of a signature on a contract.
    """
    try:
        payload = _payload(jws.verify(jws.read(text), certificate))
    except jws.JwsError as error:
        raise _refused(error) from None
    return Signature(
        jws=text,
        peer_id=identify(certificate).id,
        type=SignatureType(payload["type"]),
        signed_at=payload["signed_at"],
        content_hash=payload["contract_content_hash"],
        thumbprint=certificate_thumbprint(certificate),
        expires_at=expires_at(certificate),
    )


def check(signature: Signature, *, content_hash: str, signature_type: SignatureType, peer_id: str, now: int) -> None:
    """Checks that a verified signature says what it was handed over for.

    Args:
        signature: as `verify` gave it.
        content_hash: of the contract that came with it.
        signature_type: what it should say.
        peer_id: the peer that handed it over.
        now: Unix seconds.

    Raises:
        FscError: it is on another contract, of another peer, of another type, or from the future.
    """
    if signature.content_hash != content_hash:
        raise FscError(
            ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH,
            f"The signature is on the contract {signature.content_hash}, and the content's hash is {content_hash}.",
        )
    if signature.peer_id != peer_id:
        raise FscError(
            ErrorCode.PEER_ID_SIGNATURE_MISMATCH,
            f"The signature is of peer {signature.peer_id} and was submitted by peer {peer_id}.",
        )
    if signature.type != signature_type:
        raise _refused(f"The signature is of type {signature.type.value}; it must be {signature_type.value}.")
    if signature.signed_at > now + CLOCK_LEEWAY:
        raise _refused("The signature was made in the future; set the clock right.")


def _payload(data: bytes) -> dict[str, Any]:
    try:
        payload = ijson.parse(data, max_depth=1)
    except ijson.InvalidJsonError as error:
        raise jws.JwsError(f"The payload cannot be read: {error}") from None
    if not isinstance(payload, dict) or payload.keys() != _KEYS:
        raise jws.JwsError(f"The payload must be an object of {', '.join(sorted(_KEYS))}.")
    if not isinstance(payload["contract_content_hash"], str):
        raise jws.JwsError("The payload's contract_content_hash must be a string.")
    if payload["type"] not in set(SignatureType):
        raise jws.JwsError(f"The payload's type must be one of {', '.join(SignatureType)}.")
    if type(payload["signed_at"]) is not int or not 0 <= payload["signed_at"] <= LAST_SECOND:
        raise jws.JwsError("The payload's signed_at must be Unix seconds.")
    return payload


def _refused(reason: jws.JwsError | str) -> FscError:
    unknown = isinstance(reason, jws.UnknownAlgorithmError)
    code = ErrorCode.UNKNOWN_ALGORITHM_SIGNATURE if unknown else ErrorCode.SIGNATURE_VERIFICATION_FAILED
    return FscError(code, str(reason))
