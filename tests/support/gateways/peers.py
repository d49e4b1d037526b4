"""Peers of a group with certificates of their own, and tokens that they issue."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from wegennet.fsc.api.manager_internal import OutwayService
from wegennet.fsc.core import tokens
from wegennet.fsc.core.certificates import KeyPair, certificate_thumbprint
from wegennet.fsc.core.contract import Protocol
from wegennet.fsc.core.tokens import AccessToken
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from cryptography import x509

GROUP = "fsc.test"
CONSUMER, PROVIDER, DELEGATOR, OTHER = (f"00000099{number:09d}000" for number in range(1, 5))


@cache
def authority(name: str = "Group") -> Authority:
    """A trust anchor; one for each name."""
    return Authority.root(name)


def keypair(peer_id: str, *hosts: str, under: Authority | None = None) -> KeyPair:
    """A new key with a group certificate of a peer."""
    subject = Subject("component", peer_id=peer_id, peer_name=f"Peer {peer_id}", hosts=hosts)
    certified = (under or authority()).issue(subject)
    return KeyPair(certified.key, certified.chain)


@dataclass(frozen=True)
class Issuer:
    """A peer that gives tokens."""

    keys: KeyPair
    claims: AccessToken

    def token(self, client: x509.Certificate, **claims: Any) -> str:
        """A token that is bound to a client's certificate; `claims` are other than the usual ones."""
        bound = replace(self.claims, certificate_thumbprint=certificate_thumbprint(client))
        return tokens.issue(self.keys, replace(bound, **claims))


def issuer(address: str = "https://127.0.0.1:8443", *, ttl: int = 300) -> Issuer:
    """The provider, with a grant of the consumer for the service `parking`."""
    now = int(time.time())
    claims = AccessToken(
        grant_hash="$1$3$" + "A" * 86,
        group_id=GROUP,
        subject=CONSUMER,
        issuer=PROVIDER,
        service="parking",
        audience=address,
        expires_at=now + ttl,
        not_before=now,
        certificate_thumbprint="",
    )
    return Issuer(keypair(PROVIDER), claims)


def grant(grant_hash: str = "$1$3$" + "A" * 86, **fields: Any) -> OutwayService:
    """A grant that the consumer's Outway may use, for the service `parking`."""
    usual = {
        "grant_hash": grant_hash,
        "content_hash": "$1$1$" + "B" * 86,
        "service_name": "parking",
        "service_peer_id": PROVIDER,
        "manager_address": "https://127.0.0.1:8443",
        "protocol": Protocol.HTTP_1_1,
        "not_after": int(time.time()) + 3600,
    }
    return OutwayService(**{**usual, **fields})
