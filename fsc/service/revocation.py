"""Whether certificates of a chain are revoked, by the lists (CRLs) that they name.

Fails closed: a certificate whose list is missing, out of date, not of its issuer, or cannot be fetched is refused. A
list is kept until its `nextUpdate`. Meanwhile it is asked for anew every hour, since a revocation appears before that;
nobody waits for this, and a failure of it does no harm.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.service.crl import CrlError, check_issuer, check_time, covers, distribution_points, parse_crl
from wegennet.fsc.wire.errors import WireError
from wegennet.fsc.wire.limits import Timeouts
from wegennet.fsc.wire.message import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wegennet.fsc.wire.message import Body
    from wegennet.fsc.wire.pool import ClientPool

log = structlog.get_logger(__name__)

LARGEST_LIST: Final = 32 * 1024 * 1024
_FRESH: Final = timedelta(hours=1)
_RETRY: Final = timedelta(seconds=30)
_SECONDS: Final = 15.0
_OK: Final = 200


class RevocationError(FscError):
    """A certificate is revoked, or nobody can say that it is not."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.PEER_CERTIFICATE_VERIFICATION_FAILED, message)


@dataclass(slots=True)
class _Kept:
    """What is known of one address for one issuer: the last good list, when to ask again, and what went wrong last."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    crl: x509.CertificateRevocationList | None = None
    ask_at: datetime | None = None
    failure: str = ""

    def due(self, now: datetime) -> bool:
        """Whether to ask for the list."""
        return self.ask_at is None or now >= self.ask_at

    def current(self, now: datetime) -> bool:
        """Whether the list that is kept counts now."""
        return self.crl is not None and self.crl.next_update_utc is not None and now < self.crl.next_update_utc


class Revocation:
    """Checks chains.

    Args:
        pool: connections to the servers of lists, in plain HTTP.
        now: the time.
    """

    def __init__(self, pool: ClientPool, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._pool = pool
        self._now = now
        self._kept: dict[tuple[str, bytes], _Kept] = {}
        self._renewing: set[asyncio.Task[None]] = set()

    async def check(self, chain: Sequence[x509.Certificate]) -> None:
        """Checks every certificate of a verified chain, leaf first, but its last one: that is the trust anchor.

        Raises:
            RevocationError: one is revoked, or its list cannot be relied on.
        """
        if not chain:
            raise RevocationError("The connection shows no certificates that could be checked for revocation.")
        for certificate, issuer in pairwise(chain):
            await self._check(certificate, issuer)

    async def check_der(self, chain: Sequence[bytes]) -> None:
        """The same for certificates in DER, as a TLS connection has them.

        Raises:
            RevocationError: one is revoked, or its list cannot be relied on.
        """
        await self.check([_parsed(der) for der in chain])

    async def _check(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        name = certificate.subject.rfc4514_string()
        urls = distribution_points(certificate)
        if not urls:
            raise RevocationError(f"The certificate of {name} names no revocation list (CRL) at an http address.")
        failures = []
        for url in urls:
            try:
                crl = await self._list(url, issuer)
                _check_covers(crl, certificate)
            except CrlError as error:
                failures.append(f"{url} {error}")
                continue
            if crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                raise RevocationError(f"The certificate of {name} is revoked.")
            return
        raise RevocationError(f"Whether the certificate of {name} is revoked is not known: {'; '.join(failures)}.")

    async def _list(self, url: str, issuer: x509.Certificate) -> x509.CertificateRevocationList:
        """The list at an address.

        Raises:
            CrlError: there is none that counts.
        """
        kept = self._kept.setdefault((url, issuer.public_bytes(Encoding.DER)), _Kept())
        if kept.current(self._now()):
            self._renew_aside(kept, url, issuer)
        else:
            await self._renew(kept, url, issuer)
        if kept.crl is None:
            raise CrlError(kept.failure)
        check_time(kept.crl, self._now())
        return kept.crl

    def _renew_aside(self, kept: _Kept, url: str, issuer: x509.Certificate) -> None:
        if kept.due(self._now()) and not kept.lock.locked():
            task = asyncio.create_task(self._renew(kept, url, issuer))
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)

    async def _renew(self, kept: _Kept, url: str, issuer: x509.Certificate) -> None:
        """Asks for the list when that is due; a list that does not count leaves the former in place."""
        async with kept.lock:
            if not kept.due(self._now()):
                return
            try:
                crl = parse_crl(await self._fetch(url))
                check_issuer(crl, issuer)
                check_time(crl, self._now())
            except CrlError as error:
                log.warning("revocation list cannot be used", url=url, reason=str(error))
                kept.failure, kept.ask_at = str(error), self._now() + _RETRY
            else:
                kept.crl, kept.ask_at = crl, min(self._now() + _FRESH, crl.next_update_utc or self._now())

    async def _fetch(self, url: str) -> bytes:
        parts = urlsplit(url)
        origin = Origin("http", parts.hostname or "", parts.port or 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        timeouts = Timeouts(connect=5.0, head=10.0, idle=5.0)
        try:
            async with (
                asyncio.timeout(_SECONDS),
                self._pool.request(origin, b"GET", target.encode(), timeout=timeouts) as response,
            ):
                if response.status != _OK:
                    raise CrlError(f"was answered with {response.status}")
                return await _whole(response.body)
        except (WireError, TimeoutError, ValueError) as error:
            raise CrlError(f"cannot be fetched ({error or 'no answer in time'})") from error


async def _whole(body: Body) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in body:
        size += len(part)
        if size > LARGEST_LIST:
            raise CrlError(f"is larger than {LARGEST_LIST} bytes")
        parts.append(part)
    return b"".join(parts)


def _check_covers(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> None:
    if not covers(crl, certificate):
        raise CrlError("is about other certificates")


@lru_cache(maxsize=1024)
def _parsed(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)
