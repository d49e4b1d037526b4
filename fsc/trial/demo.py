"""A Service that is offered, published and agreed on, so that the first request can be made when the group is there."""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wegennet.fsc.api.controller import ServiceSettings
from wegennet.fsc.api.manager_internal import ContractMade, KnownContract, KnownContracts, KnownContractsQuery
from wegennet.fsc.core.certificates import KeyPair, public_key_thumbprint
from wegennet.fsc.core.contract import GrantType
from wegennet.fsc.core.state import ContractState
from wegennet.fsc.service.client import AnswerError, ApiClient, CallError
from wegennet.fsc.trial.certificates import ADMINISTRATOR
from wegennet.fsc.trial.child import Child
from wegennet.fsc.trial.errors import Failure, Mistake
from wegennet.fsc.trial.layout import GROUP_ID
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.tls import ClientTls, TlsFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wegennet.fsc.trial.group import Group, Peer

SERVICE: Final = "demo"
_PORT: Final = 8000
_LEAST_PEERS: Final = 2
_WITHIN: Final = 30.0
_EVERY: Final = 0.1
_LIFE: Final = 365 * 24 * 3600
"""Seconds that the contracts last."""

_NOT_FOUND: Final = 404
_CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class Demo:
    """A Service that can be used.

    Attributes:
        service: its name.
        outway: URL of the Outway that may connect to it.
        grant_hash: of the grant that says so.
    """

    service: str
    outway: str
    grant_hash: str


def backend(group: Group) -> Child:
    """Starts what is behind the Inway."""
    argv = [sys.executable, "-m", "wegennet.fsc.trial.backend", _host(group), str(_PORT)]
    return Child("the demo's backend", argv, group.folder / "logs" / "backend.log")


def agree(group: Group) -> Demo:
    """Has the first peer offer the Service, and the last one agree with it to use it.

    Raises:
        Mistake: the group is too small.
        Failure: a component did not do what it was asked.
    """
    if len(group.peers) < _LEAST_PEERS:
        raise Mistake(f"The demo needs {_LEAST_PEERS} peers: one to offer a Service, and one to use it.")
    provider, consumer = group.peers[0], group.peers[-1]
    try:
        grant_hash = asyncio.run(_agree(group, provider, consumer))
    except CallError as error:
        raise Failure(f"The demo could not be set up: {error}") from error
    return Demo(SERVICE, consumer.member.addresses["outway"], grant_hash)


def _host(group: Group) -> str:
    return group.network.address(0, 3)


async def _agree(group: Group, provider: Peer, consumer: Peer) -> str:
    """Gives the grant's hash; an earlier run of the same group may have done all of it."""
    async with _apis(provider) as (offers, offering), _apis(consumer) as (uses, _):
        settings = ServiceSettings(
            endpoint_url=f"http://{_host(group)}:{_PORT}", inway_address=provider.member.addresses["inway"]
        )
        await _offer(offering, settings)
        if (earlier := await _valid(uses, GrantType.SERVICE_CONNECTION)) is not None:
            return earlier.content.grants[0].hash
        if await _valid(offers, GrantType.SERVICE_PUBLICATION) is None:
            await offers.post("/contracts", _contract(_publication(group, provider)), ContractMade)
        made = await uses.post("/contracts", _contract(_connection(provider, consumer)), ContractMade)
        await _until(offers, made.content_hash, ContractState.PROPOSED)
        await offers.put(f"/contracts/{made.content_hash}/accept")
        await _until(uses, made.content_hash, ContractState.VALID)
        return made.grant_hashes[0]


@asynccontextmanager
async def _apis(peer: Peer) -> AsyncIterator[tuple[ApiClient, ApiClient]]:
    """The internal API of a peer's Manager, and the administration of its Controller."""
    files = peer.files.internal[ADMINISTRATOR]
    tls = ClientTls(TlsFiles(certificate=files.certificate, key=files.key, roots=peer.files.internal_anchor))
    pool = ClientPool(tls)
    try:
        addresses = peer.member.addresses
        yield (
            ApiClient(pool, f"{addresses['manager_internal']}/v1"),
            ApiClient(pool, f"{addresses['controller_administration']}/v1"),
        )
    finally:
        await pool.close()


async def _offer(controller: ApiClient, settings: ServiceSettings) -> None:
    body = {"name": SERVICE, **settings.model_dump(mode="json")}
    try:
        await controller.call("POST", "/services", body=body)
    except AnswerError as error:
        if error.status != _CONFLICT:
            raise
        await controller.put(f"/services/{SERVICE}", settings)


async def _valid(manager: ApiClient, kind: GrantType) -> KnownContract | None:
    """A valid contract on the Service that was made before."""
    query = KnownContractsQuery(state=ContractState.VALID, grant_type=kind)
    known = await manager.get("/contracts", KnownContracts, query=query)
    mine = (contract for contract in known.contracts if contract.content.grants[0].service.name == SERVICE)
    return next(mine, None)


async def _until(manager: ApiClient, content_hash: str, state: ContractState) -> None:
    """Waits until a Manager knows a contract in a state."""
    deadline = time.monotonic() + _WITHIN
    while time.monotonic() < deadline:
        try:
            if (await manager.get(f"/contracts/{content_hash}", KnownContract)).state is state:
                return
        except AnswerError as error:
            if error.status != _NOT_FOUND:
                raise
        await asyncio.sleep(_EVERY)
    raise Failure(f"The contract {content_hash} is not {state.value} at {manager.base_url} after {_WITHIN:.0f} s.")


def _contract(grant: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    content = {
        "iv": str(uuid.uuid4()),
        "group_id": GROUP_ID,
        "validity": {"not_before": now, "not_after": now + _LIFE},
        "grants": [grant],
        "hash_algorithm": "HASH_ALGORITHM_SHA3_512",
        "created_at": now,
    }
    return {"contract_content": content}


def _publication(group: Group, provider: Peer) -> dict[str, Any]:
    return {
        "type": "GRANT_TYPE_SERVICE_PUBLICATION",
        "directory": {"peer_id": group.directory.member.peer_id},
        "service": {"peer_id": provider.member.peer_id, "name": SERVICE, "protocol": "PROTOCOL_TCP_HTTP_1.1"},
    }


def _connection(provider: Peer, consumer: Peer) -> dict[str, Any]:
    outway = consumer.files.group["outway"]
    thumbprint = public_key_thumbprint(KeyPair.load(outway.certificate, outway.key).certificate)
    identification = {
        "type": "OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT",
        "public_key_thumbprint": thumbprint,
    }
    return {
        "type": "GRANT_TYPE_SERVICE_CONNECTION",
        "outway": {"peer_id": consumer.member.peer_id, "identification": identification},
        "service": {"type": "SERVICE_TYPE_SERVICE", "peer_id": provider.member.peer_id, "name": SERVICE},
    }
