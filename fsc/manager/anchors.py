"""The Group's trust anchors, read again when their file changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from wegennet.fsc.core.certificates import CertificateError, read_pem

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

log = structlog.get_logger(__name__)


class TrustAnchors:
    """The certificates in a PEM file.

    Raises:
        CertificateError: there is none that can be read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = self._changed_at()
        self._anchors = read_pem(file.read_bytes())

    def __call__(self) -> tuple[x509.Certificate, ...]:
        """The anchors as they are now; a file that cannot be read leaves the former ones."""
        stamp = self._changed_at()
        if stamp != self._stamp:
            try:
                self._anchors, self._stamp = read_pem(self._file.read_bytes()), stamp
            except (CertificateError, OSError) as error:
                log.warning("trust anchors cannot be read; the former stay in use", reason=str(error))
        return self._anchors

    def _changed_at(self) -> tuple[int, int] | None:
        try:
            stat = self._file.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size
