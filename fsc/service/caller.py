"""Who calls an API: the peer of the TLS client certificate."""

from __future__ import annotations

from functools import lru_cache

from cryptography import x509
from starlette.requests import HTTPConnection  # noqa: TC002 (FastAPI reads the annotation)

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.identity import Peer, identify


def peer_of(request: HTTPConnection) -> Peer:
    """The peer that the TLS client certificate names; the connection has verified the certificate.

    Raises:
        FscError: there is no certificate, or it is not of a peer (PEER_CERTIFICATE_VERIFICATION_FAILED).
    """
    return _identified(_certificate_der(request))


def certificate_of(request: HTTPConnection) -> x509.Certificate:
    """The TLS client certificate.

    Raises:
        FscError: there is none (PEER_CERTIFICATE_VERIFICATION_FAILED).
    """
    return x509.load_der_x509_certificate(_certificate_der(request))


def _certificate_der(request: HTTPConnection) -> bytes:
    der = request.state.client.certificate_der
    if not isinstance(der, bytes):
        raise FscError(ErrorCode.PEER_CERTIFICATE_VERIFICATION_FAILED, "The connection has no client certificate.")
    return der


@lru_cache(maxsize=1024)
def _identified(der: bytes) -> Peer:
    return identify(x509.load_der_x509_certificate(der))
