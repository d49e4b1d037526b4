"""Contracts as the internal API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wegennet.fsc.api.manager_internal import KnownContract, KnownSignature, KnownSignatures, Publication, ShownContent
from wegennet.fsc.core.contract import DelegatedServicePublication, ServicePublication
from wegennet.fsc.core.signatures import SignatureType

if TYPE_CHECKING:
    from wegennet.fsc.manager.store.contracts import Contract
    from wegennet.fsc.manager.store.services import Granted


def shown(contract: Contract, now: int) -> KnownContract:
    """A contract with its state at a moment."""
    signatures: dict[str, dict[str, KnownSignature]] = {kind: {} for kind in SignatureType}
    for each in contract.signatures:
        signatures[each.type][each.peer_id] = KnownSignature(jws=each.jws, signed_at=each.signed_at)
    return KnownContract(
        content_hash=contract.content_hash,
        hash=contract.content_hash,
        content=ShownContent.of(contract.content),
        signatures=KnownSignatures(**signatures),
        state=contract.state(now),
        created_at=contract.content.created_at,
    )


def publication(granted: Granted) -> Publication:
    """A service that we publish."""
    grant = granted.grant
    assert isinstance(grant, ServicePublication | DelegatedServicePublication)  # noqa: S101 (what was selected)
    delegator = {"delegator_peer_id": grant.delegator.peer_id} if isinstance(grant, DelegatedServicePublication) else {}
    return Publication.model_validate(
        {
            "name": grant.service.name,
            "protocol": grant.service.protocol,
            "content_hash": granted.content_hash,
            "grant_hash": granted.grant_hash,
            "directory_peer_id": grant.directory.peer_id,
            **({} if grant.properties is None else {"properties": grant.properties}),
            **delegator,
        }
    )
