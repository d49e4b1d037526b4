"""Access tokens: every check before one is issued (FSC Core 4.4.1.6), and the refusals of RFC 6749, 5.2."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wegennet.fsc.api.manager import TokenErrorCode
from wegennet.fsc.core import hashes, tokens
from wegennet.fsc.core.contract import DelegatedServiceConnection, OutwayByPublicKey, ServiceConnection
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.state import ContractState
from wegennet.fsc.manager import audit
from wegennet.fsc.manager.store import contracts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

    from wegennet.fsc.core.contract import ConnectionGrant
    from wegennet.fsc.core.identity import Peer
    from wegennet.fsc.manager.keys import OwnKeys
    from wegennet.fsc.manager.metrics import ManagerMetrics
    from wegennet.fsc.manager.offered import OfferedServices
    from wegennet.fsc.manager.store.contracts import Contract
    from wegennet.fsc.storage.database import Database

_PARAMETERS: Final = ("grant_type", "scope", "client_id")
_SHOWN: Final = 120
"""Characters of a scope in the audit log, whatever was sent as one."""


class TokenRefusedError(Exception):
    """No token is given.

    Attributes:
        code: of RFC 6749, 5.2.
    """

    def __init__(self, code: TokenErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, and the seconds that it lasts."""

    token: str
    expires_in: int


class TokenServer:
    """Issues access tokens for services of ours.

    Args:
        database: has the contracts.
        keys: has the key pair for tokens.
        own_id: our peer's id.
        offered: says which Inway offers a service.
        ttl: seconds that a token lasts at most.
        metrics: counts tokens and refusals.
    """

    def __init__(
        self,
        database: Database,
        keys: OwnKeys,
        *,
        own_id: str,
        offered: OfferedServices,
        ttl: int,
        metrics: ManagerMetrics,
    ) -> None:
        self._database = database
        self._keys = keys
        self._own_id = own_id
        self._offered = offered
        self._ttl = ttl
        self._metrics = metrics

    async def issue(self, request: Mapping[str, str], client: x509.Certificate, peer: Peer) -> Issued:
        """A token for the client of a connection.

        Args:
            request: `grant_type`, `scope` and `client_id`.
            client: the certificate of the connection, to which the token is bound.
            peer: by that certificate.

        Raises:
            TokenRefusedError: a check fails.
            ControllerAwayError: nobody can say whether the service is offered.
        """
        try:
            issued = await self._issue(request, client, peer)
        except TokenRefusedError as refused:
            self._metrics.tokens.labels(refused.code).inc()
            audit.record("token.refuse", peer.id, error=refused.code, grant_hash=request.get("scope", "")[:_SHOWN])
            raise
        self._metrics.tokens.labels("issued").inc()
        audit.record("token.issue", peer.id, grant_hash=request["scope"])
        return issued

    async def _issue(self, request: Mapping[str, str], client: x509.Certificate, peer: Peer) -> Issued:
        _check_request(request, peer)
        contract, grant = await self._granted(request["scope"])
        self._check_peers(grant, client, peer)
        now = int(time.time())
        _check_contract(contract, now)
        inway_address = await self._offered.inway_address(grant.service.name)
        if inway_address is None:
            raise TokenRefusedError(
                TokenErrorCode.INVALID_SCOPE, f"The service {grant.service.name} is offered by no Inway of this peer."
            )
        ttl = min(self._ttl, contract.content.validity.not_after - now)
        claims = tokens.claims_for(
            contract.content,
            grant,
            grant_hash=request["scope"],
            inway_address=inway_address,
            certificate=client,
            now=now,
            ttl=ttl,
        )
        return Issued(tokens.issue(self._keys.token, claims), ttl)

    async def _granted(self, grant_hash: str) -> tuple[Contract, ConnectionGrant]:
        """The contract and the connection grant with this hash."""
        async with self._database.transaction() as connection:
            found = await contracts.granting(connection, grant_hash)
        match found:
            case contract, (ServiceConnection() | DelegatedServiceConnection()) as grant:
                return contract, grant
        raise TokenRefusedError(TokenErrorCode.INVALID_SCOPE, "The scope is the hash of no connection grant here.")

    def _check_peers(self, grant: ConnectionGrant, client: x509.Certificate, peer: Peer) -> None:
        if grant.service.peer_id != self._own_id:
            raise TokenRefusedError(
                TokenErrorCode.INVALID_SCOPE,
                f"The service is offered by peer {grant.service.peer_id}; ask that peer's Manager for tokens.",
            )
        if tokens.is_outway(grant.outway, client):
            return
        what = "key" if isinstance(grant.outway.identification, OutwayByPublicKey) else "domain name"
        if grant.outway.peer_id != peer.id:
            what = "peer"
        raise TokenRefusedError(
            TokenErrorCode.UNAUTHORIZED_CLIENT, f"The grant is for an Outway of another {what} than this client's."
        )


def _check_request(request: Mapping[str, str], peer: Peer) -> None:
    for name in _PARAMETERS:
        if not request.get(name):
            raise TokenRefusedError(TokenErrorCode.INVALID_REQUEST, f"The parameter {name} is missing.")
    if request["grant_type"] != "client_credentials":
        raise TokenRefusedError(
            TokenErrorCode.UNSUPPORTED_GRANT_TYPE, "The only grant_type here is client_credentials."
        )
    if request["client_id"] != peer.id:
        raise TokenRefusedError(
            TokenErrorCode.INVALID_CLIENT, f"The client_id must be {peer.id}, the peer of the client's certificate."
        )
    try:
        hashes.parse_hash(request["scope"])
    except FscError:
        raise TokenRefusedError(TokenErrorCode.INVALID_SCOPE, "The scope must be the hash of a grant.") from None


def _check_contract(contract: Contract, now: int) -> None:
    state = contract.state(now)
    # In its last second a contract is valid, but a token would end before it begins.
    if state is not ContractState.VALID or contract.content.validity.not_after <= now:
        what = state.removeprefix("CONTRACT_STATE_").lower()
        raise TokenRefusedError(TokenErrorCode.INVALID_GRANT, f"The contract of this grant is {what}, not valid.")
