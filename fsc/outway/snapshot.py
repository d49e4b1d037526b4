"""A group certificate as its files were at one moment, and TLS that shows that certificate for as long as it is used.

A token is bound to a certificate. So everything that belongs to one certificate uses a copy of its files in memory,
whatever is written to the files meanwhile.
"""

from __future__ import annotations

import os
import ssl
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.fsc.core.certificates import CertificateError, KeyPair, read_der, read_pem
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.identity import identify
from wegennet.fsc.wire.tls import ClientTls, TlsFiles

if TYPE_CHECKING:
    from wegennet.fsc.wire.tls import Choice

Content = tuple[bytes, bytes, bytes]
"""What is in the files: certificate with its chain, key, trust anchors."""


class Snapshot:
    """The files at one moment.

    Args:
        content: of the files.

    Attributes:
        keys: certificate and key.
        peer_id: whom the certificate is of.
        files: copies in memory, which go when nothing uses this any more.

    Raises:
        CertificateError: they do not belong together, as when only one of them was replaced yet.
        FscError: the certificate is of no peer.
    """

    def __init__(self, content: Content) -> None:
        certificate, key, roots = content
        self.content = content
        self.keys = KeyPair.from_pem(certificate, key)
        self.peer_id = identify(self.keys.certificate).id
        read_pem(roots)
        descriptors = [_memory(data) for data in content]
        weakref.finalize(self, _close, descriptors)
        self.files = TlsFiles(*(Path(f"/proc/self/fd/{descriptor}") for descriptor in descriptors))


class PeerTls(ClientTls):
    """TLS of a client to one peer: a server of any other peer is refused before anything is sent to it.

    Args:
        snapshot: our own certificate, and the trust anchors.
        peer_id: whose server it must be.
    """

    def __init__(self, snapshot: Snapshot, peer_id: str) -> None:
        # Kept for its files: they are read when a connection is made.
        self._snapshot = snapshot
        self._connection = _connection_to(peer_id)
        super().__init__(snapshot.files)

    def context(self, choice: Choice) -> ssl.SSLContext:
        """For a connection with this choice of protocol."""
        context = super().context(choice)
        context.sslobject_class = self._connection
        return context


def read_files(files: TlsFiles) -> Content:
    """What is in the files now.

    Raises:
        CertificateError: one cannot be read.
    """
    try:
        certificate, key, roots = (
            path.read_bytes() if path else b"" for path in (files.certificate, files.key, files.roots)
        )
    except OSError as error:
        raise CertificateError(f"{error.filename}: {error.strerror}.") from None
    return certificate, key, roots


def _connection_to(peer_id: str) -> type[ssl.SSLObject]:
    class Connection(ssl.SSLObject):
        """One TLS connection, whose handshake fails when the server is of another peer."""

        def do_handshake(self) -> None:
            """Ends the handshake, and looks who is there."""
            super().do_handshake()
            if reason := _stranger(self.getpeercert(binary_form=True) or b"", peer_id):
                error = ssl.SSLCertVerificationError(reason)
                error.verify_message = reason
                raise error

    return Connection


def _stranger(certificate: bytes, peer_id: str) -> str | None:
    """Why a server is not of a peer; None when it is."""
    try:
        found = identify(read_der(certificate)).id
    except (CertificateError, FscError) as error:
        return str(error)
    return None if found == peer_id else f"it is of peer {found} instead of peer {peer_id}"


def _memory(data: bytes) -> int:
    descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
    return descriptor


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
