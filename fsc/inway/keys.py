"""The certificates with which our own peer signs access tokens (FSC Core 4.7.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from wegennet.fsc.core import jwks
from wegennet.fsc.core.certificates import CertificateError, verify_chain
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.identity import identify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

log = structlog.get_logger(__name__)

SigningCertificates = dict[str, "x509.Certificate"]
"""By thumbprint (`x5t#S256`)."""


def signing_certificates(
    key_set: Any, anchors: Sequence[x509.Certificate], *, peer_id: str, now: int
) -> SigningCertificates:
    """Those of a key set that are of our own peer and stand under the Group's trust anchors; others are left out.

    Args:
        key_set: what the Manager answers at `/.well-known/jwks.json`.
        anchors: of the Group.
        peer_id: our own.
        now: Unix seconds.
    """
    chains = jwks.certificates(key_set)
    return {
        thumbprint: chain[0]
        for thumbprint, chain in chains.items()
        if _is_ours(chain, anchors, peer_id=peer_id, now=now)
    }


def _is_ours(chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], *, peer_id: str, now: int) -> bool:
    try:
        verify_chain(chain[0], chain[1:], anchors, now)
        signer = identify(chain[0]).id
    except (CertificateError, FscError) as error:
        log.warning("a key of our own Manager is not used", reason=str(error))
        return False
    if signer != peer_id:
        log.warning("a key of our own Manager is of another peer and not used", peer_id=signer)
    return signer == peer_id
