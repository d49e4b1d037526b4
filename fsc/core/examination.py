"""What holds and what does not in the signatures of a contract that somebody hands over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from cryptography import x509

from wegennet.fsc.core import signatures
from wegennet.fsc.core.certificates import CertificateError, verify_chain
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.signatures import SignatureType

if TYPE_CHECKING:
    from wegennet.fsc.core.signatures import Signature

Chains: TypeAlias = Mapping[str, Sequence[x509.Certificate]]
"""Certificate chains by the thumbprint of their first certificate, as `jwks.certificates` gives them."""


@dataclass(frozen=True, slots=True)
class Given:
    """A signature as it stands in a contract: for a type and a peer."""

    type: SignatureType
    peer_id: str
    jws: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a signature: either it is verified, or there is a problem with it."""

    given: Given
    verified: Signature | None
    problem: str | None = None


def read_signatures(value: Any) -> list[Given]:
    """Signatures as `GET /contracts` gives them: a JWS by peer id, for each type.

    Raises:
        FscError: they have another shape.
    """
    try:
        return [
            Given(SignatureType(name), peer_id, str(text))
            for name, by_peer in value.items()
            for peer_id, text in by_peer.items()
        ]
    except (AttributeError, ValueError):
        raise FscError(
            ErrorCode.INVALID_REQUEST, "The signatures must be an object of accept, reject and revoke by peer."
        ) from None


def examine(given: Given, content_hash: str, chains: Chains, anchors: Sequence[x509.Certificate], now: int) -> Finding:
    """Verifies a signature with the chain that it names, and checks that it is what it stands for.

    Args:
        given: the signature.
        content_hash: of the contract that it stands in.
        chains: certificates of the peers, not yet verified.
        anchors: the Group's trust anchors.
        now: Unix seconds.
    """
    try:
        return Finding(given, _verified(given, content_hash, chains, anchors, now))
    except (FscError, CertificateError) as error:
        return Finding(given, None, str(error))


def _verified(
    given: Given, content_hash: str, chains: Chains, anchors: Sequence[x509.Certificate], now: int
) -> Signature:
    chain = chains.get(signatures.read(given.jws).thumbprint)
    if chain is None:
        raise CertificateError("The certificate that it names is in no key set.")
    signature = signatures.verify(given.jws, chain[0])
    # What was taken back stays so when the certificate expires; what was accepted must be signed again.
    lasts = given.type != SignatureType.ACCEPT
    verify_chain(chain[0], chain[1:], anchors, min(now, signature.expires_at) if lasts else now)
    signatures.check(signature, content_hash=content_hash, signature_type=given.type, peer_id=given.peer_id, now=now)
    return signature
