"""JSON Web Key Sets: the certificates with which a peer signs (FSC Core 4.4.1.4; RFC 7517)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from wegennet.fsc.core.certificates import (
    MAX_INTERMEDIATES,
    CertificateError,
    certificate_thumbprint,
    read_der,
    usable_public_key,
)
from wegennet.fsc.core.jws import algorithm_of, jose_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography import x509

MAX_KEYS: Final = 100
"""Keys of a set that are looked at; a peer needs a few, also while it changes them."""


def jwk_set(chains: Iterable[Sequence[x509.Certificate]]) -> dict[str, Any]:
    """A key set of certificate chains (the signing certificate first, without root), each certificate once."""
    keys = {certificate_thumbprint(chain[0]): _jwk(chain) for chain in chains}
    return {"keys": list(keys.values())}


def certificates(jwks: Any) -> dict[str, tuple[x509.Certificate, ...]]:
    """Certificate chains of a key set by the thumbprint of their first certificate; none is verified yet.

    Only `x5c` is read: what else a key says of itself is no part of what a trust anchor vouches for. Keys without a
    chain that can be read are left out.

    Args:
        jwks: a key set as JSON.
    """
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    chains = [_chain(key) for key in keys[:MAX_KEYS]] if isinstance(keys, list) else []
    return {certificate_thumbprint(chain[0]): chain for chain in chains if chain}


def _jwk(chain: Sequence[x509.Certificate]) -> dict[str, Any]:
    thumbprint = certificate_thumbprint(chain[0])
    key = usable_public_key(chain[0])
    return {
        **jose_key(key).as_dict(private=False),
        "use": "sig",
        "alg": algorithm_of(key),
        "kid": thumbprint,
        "x5c": [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode() for certificate in chain],
        "x5t#S256": thumbprint,
    }


def _chain(key: Any) -> tuple[x509.Certificate, ...]:
    x5c = key.get("x5c") if isinstance(key, dict) else None
    if not isinstance(x5c, list) or len(x5c) > MAX_INTERMEDIATES + 1:
        return ()
    try:
        return tuple(read_der(base64.b64decode(text, validate=True)) for text in x5c)
    except (CertificateError, binascii.Error, TypeError, ValueError):
        return ()
