"""Who is at the other end of a connection, taken once when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wegennet.fsc.wire.message import ClientInfo

if TYPE_CHECKING:
    import asyncio
    import ssl


def client_info(transport: asyncio.BaseTransport) -> ClientInfo:
    """The client of an accepted connection."""
    peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    return ClientInfo(
        address=peer[0] if peer else "",
        port=peer[1] if peer else 0,
        certificate_der=tls.getpeercert(binary_form=True) if tls else None,
        chain_der=verified_chain(tls) if tls else (),
        tls_version=tls.version() if tls else None,
        server=(own[0], own[1]) if own else ("", 0),
    )


def verified_chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The chain that the handshake verified, leaf first.

    The public name of this (`SSLObject.get_verified_chain`) comes with Python 3.13; until then the object under it has
    it. A session that TLS 1.2 resumed was verified when it began, so it has what the client sent then.
    """
    inner: Any = tls._sslobj  # type: ignore[attr-defined]
    chain = inner.get_verified_chain() or inner.get_unverified_chain() or ()
    return tuple(certificate.public_bytes(_DER) for certificate in chain)


# `_ssl.ENCODING_DER`.
_DER = 2
