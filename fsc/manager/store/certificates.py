"""Certificates with which contracts and tokens were signed: those of others as they were seen, and our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from wegennet.fsc.core.certificates import certificate_thumbprint, expires_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.storage.database import Connection

Use = Literal["contract", "token"]


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate that was seen: whose it is, and its chain, leaf first and without the root."""

    peer_id: str
    chain: tuple[x509.Certificate, ...]


async def put(connection: Connection, peer_id: str, chain: Sequence[x509.Certificate]) -> None:
    """Keeps a certificate that was verified, with what lies between it and the root: that may be another one later."""
    leaf = chain[0]
    ders = [certificate.public_bytes(Encoding.DER) for certificate in chain]
    await connection.execute(
        """
        INSERT INTO certificates (thumbprint, peer_id, chain, expires_at) VALUES (%s, %s, %s, %s)
        ON CONFLICT (thumbprint) DO UPDATE SET chain = excluded.chain WHERE certificates.chain <> excluded.chain
        """,
        [certificate_thumbprint(leaf), peer_id, ders, expires_at(leaf)],
    )


async def get(connection: Connection, thumbprint: str) -> Known | None:
    """The certificate with a thumbprint (`x5t#S256`), if it was seen before."""
    cursor = await connection.execute("SELECT peer_id, chain FROM certificates WHERE thumbprint = %s", [thumbprint])
    row = await cursor.fetchone()
    return None if row is None else Known(row["peer_id"], _chain(row["chain"]))


async def use(connection: Connection, thumbprint: str, purpose: Use) -> None:
    """Notes that we sign with a certificate of ours, now and until this is noted again."""
    await connection.execute(
        """
        INSERT INTO own_keys (thumbprint, use) VALUES (%s, %s)
        ON CONFLICT (thumbprint, use) DO UPDATE SET used_at = now()
        """,
        [thumbprint, purpose],
    )


async def published(connection: Connection, now: int, kept_seconds: float) -> list[tuple[x509.Certificate, ...]]:
    """Chains of our certificates that somebody may still have to verify with.

    Those in use, for `kept_seconds` after their last use those of tokens, and those of contracts that have not ended.
    """
    cursor = await connection.execute(
        """
        SELECT chain FROM certificates WHERE expires_at >= %(now)s AND thumbprint IN (
            SELECT thumbprint FROM own_keys WHERE used_at > now() - make_interval(secs => %(kept)s)
            UNION
            SELECT o.thumbprint FROM own_keys o JOIN signatures USING (thumbprint) JOIN contracts c USING (content_hash)
            WHERE o.use = 'contract' AND c.not_after >= %(now)s)
        ORDER BY seen_at DESC, thumbprint
        """,
        {"now": now, "kept": kept_seconds},
    )
    return [_chain(row["chain"]) for row in await cursor.fetchall()]


def _chain(ders: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_der_x509_certificate(der) for der in ders)
