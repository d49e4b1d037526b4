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
from wegennet.fsc.wire.client_info import verified_chain
from wegennet.fsc.wire.tls import ClientTls, TlsFiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.gateway.chains import Chain, Chains
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

    So is one whose chain was not checked for revocation a moment ago: a handshake cannot wait for lists. Whoever wanted
    the connection finds an `UncheckedError` with the chain as the cause of the failure, has it checked and tries again.

    Args:
        snapshot: our own certificate, and the trust anchors.
        peer_id: whose server it must be.
        chains: knows what was checked.
    """

    def __init__(self, snapshot: Snapshot, peer_id: str, chains: Chains) -> None:
        # Kept for its files: they are read when a connection is made.
        self._snapshot = snapshot
        self._peer_id = peer_id
        self._chains = chains
        self._connection = _looking(self._look)
        super().__init__(snapshot.files)

    def context(self, choice: Choice) -> ssl.SSLContext:
        """For a connection with this choice of protocol."""
        context = super().context(choice)
        context.sslobject_class = self._connection
        return context

    def _look(self, chain: Chain) -> None:
        try:
            found = identify(read_der(chain[0])).id
        except (CertificateError, FscError) as error:
            raise _not_accepted(str(error)) from None
        if found != self._peer_id:
            raise _not_accepted(f"it is of peer {found} instead of peer {self._peer_id}")
        if not self._chains.known_good(chain):
            raise UncheckedError(chain)


class UncheckedError(ssl.SSLCertVerificationError):
    """A handshake was given up because the server's `chain` was not checked for revocation."""

    def __init__(self, chain: Chain) -> None:
        super().__init__("whether it is revoked was not checked")
        self.verify_message = "whether it is revoked was not checked"
        self.chain = chain


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


def _looking(look: Callable[[Chain], None]) -> type[ssl.SSLObject]:
    """Connections whose handshake fails with what `look` raises about the server's chain."""

    class Connection(ssl.SSLObject):
        """One TLS connection."""

        def do_handshake(self) -> None:
            """Ends the handshake, and looks who is there."""
            super().do_handshake()
            look(verified_chain(self))

    return Connection


def _not_accepted(reason: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(reason)
    error.verify_message = reason
    return error


def _memory(data: bytes) -> int:
    descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
    return descriptor


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
