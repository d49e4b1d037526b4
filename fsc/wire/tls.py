"""TLS as NCSC advises, with certificates that are read again when their files change.

TLS 1.3, and 1.2 with ECDHE and AEAD ciphers only; no compression, no renegotiation. A session is never resumed from a
ticket: the client's certificate would then be one that was shown at another time, and its chain would be unknown.
"""

from __future__ import annotations

import logging
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from wegennet.fsc.wire.alerts import AlertingContext
from wegennet.fsc.wire.errors import TlsFilesError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = logging.getLogger(__name__)

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:!PSK:@SECLEVEL=2"
_LOOK_EVERY: Final = 1.0

C = TypeVar("C", bound=ssl.SSLContext)
Stamps = tuple[tuple[int, int, int] | None, ...]
# Which protocol a client wants: None lets the server choose.
Choice = Literal["1.1", "2"] | None
_ALPN: Final[dict[Choice, list[str]]] = {"1.1": ["http/1.1"], "2": ["h2"], None: ["h2", "http/1.1"]}


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Files in PEM.

    Attributes:
        certificate: our certificate and the intermediates under it; None for a client that shows none.
        key: the private key, not encrypted.
        roots: trust anchors for the other side's certificates; None for those of the system.
    """

    certificate: Path | None = None
    key: Path | None = None
    roots: Path | None = None


class _Reloading:
    """What follows the files: contexts of their present content, and a count of how often that changed."""

    def __init__(self, files: TlsFiles, clock: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._clock = clock
        self._stamps = self._stat()
        self._failed: Stamps | None = None
        self._looked = clock()
        self.generation = 1
        self._load()

    def _load(self) -> None:
        raise NotImplementedError

    def refresh(self) -> None:
        """Reads changed files again, at most once a second; files that don't fit together leave all as it was."""
        now = self._clock()
        if now - self._looked < _LOOK_EVERY:
            return
        self._looked = now
        stamps = self._stat()
        if stamps == self._stamps:
            return
        try:
            self._load()
        except TlsFilesError as error:
            # Most likely they are being written: the next look tries again, and says it once per state of the files.
            if stamps != self._failed:
                _log.warning("Certificates changed and cannot be used yet; the former stay in use: %s", error)
            self._failed = stamps
            return
        self._stamps, self._failed = stamps, None
        self.generation += 1
        _log.info("Read the changed certificates of %s", self._files.certificate or self._files.roots)

    def _stat(self) -> Stamps:
        return tuple(_stamp(path) for path in (self._files.certificate, self._files.key, self._files.roots) if path)


class ServerTls(_Reloading):
    """TLS of a server.

    Args:
        files: certificate and key; roots when client certificates are asked for.
        client_certificates: refuse a client without a certificate under one of the roots.
        http2: offer HTTP/2.
        clock: for tests.

    Raises:
        TlsFilesError: the files cannot be used.
    """

    def __init__(
        self,
        files: TlsFiles,
        *,
        client_certificates: bool,
        http2: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client_certificates = client_certificates
        self._http2 = http2
        super().__init__(files, clock)

    def context(self) -> ssl.SSLContext:
        """For the next connection."""
        self.refresh()
        return self._context

    def _load(self) -> None:
        context = _secure(AlertingContext(ssl.PROTOCOL_TLS_SERVER))
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET | ssl.OP_CIPHER_SERVER_PREFERENCE
        if self._files.certificate is None:
            raise TlsFilesError("a TLS server needs a certificate and its key")
        _load_pair(context, self._files)
        if self._client_certificates:
            if self._files.roots is None:
                raise TlsFilesError("roots are needed to verify certificates of clients")
            context.verify_mode = ssl.CERT_REQUIRED
            _load_roots(context, self._files.roots)
        context.set_alpn_protocols(["h2", "http/1.1"] if self._http2 else ["http/1.1"])
        self._context = context


class ClientTls(_Reloading):
    """TLS of a client: the server's certificate must be under the roots and name the host or address.

    Args:
        files: roots, and our certificate and key when servers ask for them.
        clock: for tests.

    Raises:
        TlsFilesError: the files cannot be used.
    """

    def __init__(self, files: TlsFiles, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(files, clock)

    def context(self, choice: Choice) -> ssl.SSLContext:
        """For a connection with this choice of protocol."""
        return self._contexts[choice]

    def _load(self) -> None:
        self._contexts = {choice: self._make(alpn) for choice, alpn in _ALPN.items()}

    def _make(self, alpn: list[str]) -> ssl.SSLContext:
        context = _secure(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        context.hostname_checks_common_name = False
        if self._files.certificate:
            _load_pair(context, self._files)
        if self._files.roots:
            _load_roots(context, self._files.roots)
        else:
            context.load_default_certs()
        context.set_alpn_protocols(alpn)
        return context


def _secure(context: C) -> C:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    # Every certificate among the roots is a trust anchor, also an intermediate that a Group chose as such.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _load_pair(context: ssl.SSLContext, files: TlsFiles) -> None:
    certificate, key = files.certificate, files.key
    if certificate is None or key is None:
        raise TlsFilesError("a certificate and its key are needed together")
    try:
        # Without a password OpenSSL would ask at the terminal for that of an encrypted key.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise TlsFilesError(f"certificate {certificate} with key {key} cannot be used: {_reason(error)}") from error


def _load_roots(context: ssl.SSLContext, roots: Path) -> None:
    try:
        context.load_verify_locations(roots)
    except OSError as error:
        raise TlsFilesError(f"roots {roots} cannot be used: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).lower().replace("_", " ")
    return error.strerror or str(error)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
