"""Certificates in the configuration: those of the group, and the internal ones of a peer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydantic import Field

from wegennet.fsc.core.certificates import CertificateError, KeyPair, read_pem, verify_chain
from wegennet.fsc.service.settings import ReadableFile, Settings
from wegennet.fsc.wire.errors import TlsFilesError
from wegennet.fsc.wire.tls import ClientTls, TlsFiles

if TYPE_CHECKING:
    from pathlib import Path


class InternalTls(Settings):
    """Certificates under the peer's own CA, for APIs among its components."""

    tls_root_cert: ReadableFile = Field(
        description="trust anchor of the internal certificates", examples=["/pki/internal/root.pem"]
    )
    tls_cert: ReadableFile = Field(
        description="internal certificate, with its intermediates", examples=["/pki/internal/cert.pem"]
    )
    tls_key: ReadableFile = Field(description="its key", examples=["/pki/internal/key.pem"])

    @property
    def internal_tls(self) -> TlsFiles:
        """The files for servers and clients."""
        return TlsFiles(certificate=self.tls_cert, key=self.tls_key, roots=self.tls_root_cert)

    def mistakes(self) -> list[str]:
        """Adds files that do not belong together."""
        return [*super().mistakes(), *tls_mistakes("TLS_CERT, TLS_KEY and TLS_ROOT_CERT", self.internal_tls)]


class GroupTls(Settings):
    """Certificates under the group's trust anchor, for traffic between peers."""

    tls_group_root_cert: ReadableFile = Field(
        description="trust anchors of the group", examples=["/pki/group/root.pem"]
    )
    tls_group_cert: ReadableFile = Field(
        description="certificate of the group, with its intermediates", examples=["/pki/group/cert.pem"]
    )
    tls_group_key: ReadableFile = Field(description="its key", examples=["/pki/group/key.pem"])

    @property
    def group_tls(self) -> TlsFiles:
        """The files for servers and clients."""
        return TlsFiles(certificate=self.tls_group_cert, key=self.tls_group_key, roots=self.tls_group_root_cert)

    def mistakes(self) -> list[str]:
        """Adds files that do not belong together, and a certificate that nobody in the group would trust."""
        variables = "TLS_GROUP_CERT, TLS_GROUP_KEY and TLS_GROUP_ROOT_CERT"
        found = tls_mistakes(variables, self.group_tls) or self.group_mistakes(
            "TLS_GROUP", self.tls_group_cert, self.tls_group_key
        )
        return [*super().mistakes(), *found]

    def group_mistakes(self, variables: str, certificate: Path, key: Path) -> list[str]:
        """Why the group would not trust a certificate of ours, as a sentence; none when it would.

        Args:
            variables: what the names of its two variables begin with.
            certificate: file with it and its intermediates.
            key: file with its key.
        """
        try:
            pair = KeyPair.load(certificate, key)
            anchors = read_pem(self.tls_group_root_cert.read_bytes())
            verify_chain(pair.certificate, pair.chain[1:], anchors, int(time.time()))
        except (CertificateError, OSError) as error:
            return [f"{variables}_CERT and {variables}_KEY cannot be used under TLS_GROUP_ROOT_CERT: {error}"]
        return []


def tls_mistakes(variables: str, files: TlsFiles) -> list[str]:
    """Why TLS cannot be spoken with these files, as a sentence; none when it can."""
    try:
        ClientTls(files)
    except TlsFilesError as error:
        return [f"{variables} do not work together: {error}."]
    return []
