"""Contracts for tests, by the standard's example, and peers with certificates."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.core.contract import Content, parse_content
from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.core.identity import Peer
from wegennet.fsc.core.signatures import Signature, SignatureType, sign, verify
from wegennet.fsc.trial.pki import Authority, Subject

GROUP = "fsc.test"
DIRECTORY, PROVIDER, CONSUMER, DELEGATOR, PUBLISHER, STRANGER = (f"00000099{n:09d}000" for n in range(1, 7))
KEY = "3a56f2e9269ac63f0d4394c46b96539da1625b6a985d38029ff89f34e490960c"
YEAR = 365 * 86_400


def contract(*grants: dict[str, Any], **changed: Any) -> Content:
    """A contract that is valid from a minute ago for a year, unless something is changed."""
    now = int(time.time())
    return parse_content(
        {
            "fsc_version": "2.0.0",
            "iv": str(uuid.uuid4()),
            "group_id": GROUP,
            "validity": {"not_before": now - 60, "not_after": now + YEAR},
            "grants": [{"data": grant} for grant in grants],
            "hash_algorithm": "HASH_ALGORITHM_SHA3_512",
            "created_at": now - 60,
            **changed,
        }
    )


def publication(name: str = "service", directory: str = DIRECTORY, provider: str = PROVIDER) -> dict[str, Any]:
    """A grant to publish a service."""
    return {
        "type": "GRANT_TYPE_SERVICE_PUBLICATION",
        "directory": {"peer_id": directory},
        "service": {"peer_id": provider, "name": name, "protocol": "PROTOCOL_TCP_HTTP_1.1"},
    }


def delegated_publication(name: str = "service", **roles: str) -> dict[str, Any]:
    """A grant to publish a service on behalf of another peer."""
    grant = publication(name, roles.get("directory", DIRECTORY), roles.get("provider", PROVIDER))
    return {
        **grant,
        "type": "GRANT_TYPE_DELEGATED_SERVICE_PUBLICATION",
        "delegator": {"peer_id": roles.get("delegator", DELEGATOR)},
    }


def connection(
    name: str = "service",
    *,
    consumer: str = CONSUMER,
    provider: str = PROVIDER,
    key: str = KEY,
    domain_name: str | None = None,
    publisher: str | None = None,
) -> dict[str, Any]:
    """A grant to connect to a service, perhaps one that is offered on behalf of a publisher."""
    by_key = {"type": "OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT", "public_key_thumbprint": key}
    by_name = {"type": "OUTWAY_IDENTIFICATION_TYPE_DOMAIN_NAME", "domain_name": domain_name}
    service: dict[str, Any] = {"type": "SERVICE_TYPE_SERVICE", "peer_id": provider, "name": name}
    if publisher:
        service |= {"type": "SERVICE_TYPE_DELEGATED_SERVICE", "delegator": {"peer_id": publisher}}
    return {
        "type": "GRANT_TYPE_SERVICE_CONNECTION",
        "outway": {"peer_id": consumer, "identification": by_name if domain_name else by_key},
        "service": service,
    }


def delegated_connection(name: str = "service", *, delegator: str = DELEGATOR, **parts: Any) -> dict[str, Any]:
    """A grant to connect to a service on behalf of another peer."""
    grant = connection(name, **parts)
    return {**grant, "type": "GRANT_TYPE_DELEGATED_SERVICE_CONNECTION", "delegator": {"peer_id": delegator}}


def signature(content: Content, peer_id: str, kind: str = "accept", *, until: int = YEAR, signed: int = 0) -> Signature:
    """A signature as if it had been verified; its certificate lasts `until` seconds from now."""
    now = int(time.time())
    return Signature(
        jws=f"{peer_id}.{kind}.{signed}",
        peer_id=peer_id,
        type=SignatureType(kind),
        signed_at=now + signed,
        content_hash=content_hash(content),
        thumbprint=f"certificate of {peer_id}",
        expires_at=now + until,
    )


@cache
def authority() -> Authority:
    """The group's authority, with one between it and the peers."""
    return Authority.root("Root").authority("Intermediate")


@dataclass(frozen=True)
class Signer:
    """A peer with a key pair."""

    peer: Peer
    keypair: KeyPair

    @classmethod
    def of(cls, peer_id: str, name: str = "A peer") -> Signer:
        """A new key pair for a peer."""
        certified = authority().issue(Subject(name, peer_id, name, ("127.0.0.1",)))
        return cls(Peer(peer_id, name), KeyPair(certified.key, certified.chain))

    def sign(self, content: Content, kind: str = "accept", now: int | None = None) -> str:
        """A signature on a contract."""
        return sign(self.keypair, content_hash(content), SignatureType(kind), now or int(time.time()))

    def signature(self, content: Content, kind: str = "accept") -> Signature:
        """The same, verified."""
        return verify(self.sign(content, kind), self.keypair.certificate)


def contract_of(value: Any) -> Content:
    """A contract as it came over the wire."""
    return parse_content(value)
