"""Contracts of the benchmark, made by the internal API of a peer's Manager as a person's program would."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from wegennet.fsc.api.controller import ServiceSettings
from wegennet.fsc.api.manager_internal import ContractMade, KnownContracts, KnownContractsQuery
from wegennet.fsc.core.certificates import KeyPair, public_key_thumbprint
from wegennet.fsc.core.state import ContractState
from wegennet.fsc.service.client import ApiClient
from wegennet.fsc.trial.certificates import ADMINISTRATOR
from wegennet.fsc.trial.layout import GROUP_ID
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.tls import ClientTls, TlsFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from wegennet.fsc.trial.group import Group, Peer

SERVICE: Final = "bench"
_YEAR: Final = 365 * 24 * 3600
_WITHIN: Final = 60.0
_EVERY: Final = 0.05
_PAGE: Final = 50


@asynccontextmanager
async def manager(peer: Peer) -> AsyncIterator[ApiClient]:
    """The internal API of a peer's Manager."""
    async with _pool(peer) as pool:
        yield ApiClient(pool, f"{peer.member.addresses['manager_internal']}/v1")


async def agree(group: Group, endpoint: str) -> str:
    """Has the first peer offer and publish the Service at `endpoint`, and the last one connect; gives the grant's hash.

    Raises:
        CallError: a component refused.
        TimeoutError: a contract did not become valid.
    """
    provider, consumer = group.peers[0], group.peers[-1]
    settings = ServiceSettings(endpoint_url=endpoint, inway_address=provider.member.addresses["inway"])
    async with _pool(provider) as pool:
        controller = ApiClient(pool, f"{provider.member.addresses['controller_administration']}/v1")
        await controller.call("POST", "/services", body={"name": SERVICE, **settings.model_dump(mode="json")})
    async with manager(provider) as offers, manager(consumer) as uses:
        published = await offers.post("/contracts", contract(publication(group)), ContractMade)
        await until_valid(offers, {published.content_hash})
        made = await uses.post("/contracts", contract(connection(group)), ContractMade)
        for known in (uses, offers):
            await until_valid(known, {made.content_hash})
        return made.grant_hashes[0]


async def until_valid(known: ApiClient, hashes: Collection[str]) -> None:
    """Waits until a Manager holds all these contracts to be valid.

    Raises:
        TimeoutError: it does not.
    """
    left = list(hashes)
    async with asyncio.timeout(_WITHIN + len(left)):
        while left:
            page = left[-_PAGE:]
            query = KnownContractsQuery(content_hash=page, state=ContractState.VALID, limit=_PAGE)
            valid = {one.content_hash for one in (await known.get("/contracts", KnownContracts, query=query)).contracts}
            left = [one for one in left if one not in valid]
            if not valid:
                await asyncio.sleep(_EVERY)


def contract(grant: dict[str, Any]) -> dict[str, Any]:
    """The body with which a Manager makes a contract of one grant."""
    now = int(time.time())
    content = {
        "iv": str(uuid.uuid4()),
        "group_id": GROUP_ID,
        "validity": {"not_before": now, "not_after": now + _YEAR},
        "grants": [grant],
        "hash_algorithm": "HASH_ALGORITHM_SHA3_512",
        "created_at": now,
    }
    return {"contract_content": content}


def publication(group: Group) -> dict[str, Any]:
    return {
        "type": "GRANT_TYPE_SERVICE_PUBLICATION",
        "directory": {"peer_id": group.directory.member.peer_id},
        "service": {"peer_id": group.peers[0].member.peer_id, "name": SERVICE, "protocol": "PROTOCOL_TCP_HTTP_1.1"},
    }


def connection(group: Group) -> dict[str, Any]:
    provider, consumer = group.peers[0], group.peers[-1]
    outway = consumer.files.group["outway"]
    identification = {
        "type": "OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT",
        "public_key_thumbprint": public_key_thumbprint(KeyPair.load(outway.certificate, outway.key).certificate),
    }
    return {
        "type": "GRANT_TYPE_SERVICE_CONNECTION",
        "outway": {"peer_id": consumer.member.peer_id, "identification": identification},
        "service": {"type": "SERVICE_TYPE_SERVICE", "peer_id": provider.member.peer_id, "name": SERVICE},
    }


@asynccontextmanager
async def _pool(peer: Peer) -> AsyncIterator[ClientPool]:
    files = peer.files.internal[ADMINISTRATOR]
    pool = ClientPool(
        ClientTls(TlsFiles(certificate=files.certificate, key=files.key, roots=peer.files.internal_anchor))
    )
    try:
        yield pool
    finally:
        await pool.close()
