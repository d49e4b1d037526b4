"""What every request to an API of the Manager must pass before its route is asked.

All are coroutines, although none waits: FastAPI runs plain functions in a thread each, which costs more than they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from fastapi import Depends, Header
from starlette.requests import HTTPConnection  # noqa: TC002 (FastAPI reads the annotation)

from wegennet.fsc.api.manager import MANAGER_ADDRESS_HEADER
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.identity import Peer
from wegennet.fsc.manager.addresses import manager_address
from wegennet.fsc.service.caller import peer_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wegennet.fsc.service.revocation import Revocation


async def no_nul(request: HTTPConnection) -> None:
    """Refuses a NUL in the path or the query: no database keeps one, and nothing that we look for has one.

    Raises:
        FscError: there is one (INVALID_REQUEST).
    """
    if b"%00" in request.scope["raw_path"] or b"%00" in request.scope["query_string"]:
        raise FscError(ErrorCode.INVALID_REQUEST, "The address of the request holds a NUL.")


def not_revoked(revocation: Revocation | None) -> Callable[[HTTPConnection], Awaitable[None]]:
    """Refuses a client whose certificate is revoked; everybody is let through without a `revocation`."""

    async def check(request: HTTPConnection) -> None:
        if revocation is not None:
            await revocation.check_der(request.state.client.chain_der)

    return check


async def sender_address(
    address: Annotated[str, Header(alias=MANAGER_ADDRESS_HEADER, description="Where the caller's Manager is.")],
) -> str:
    """Where the caller's Manager is, as it says.

    Raises:
        FscError: it is no address of a Manager (INVALID_REQUEST).
    """
    return manager_address(address)


async def caller(request: HTTPConnection) -> Peer:
    """The peer that the client certificate is of.

    Raises:
        FscError: it is of none (PEER_CERTIFICATE_VERIFICATION_FAILED).
    """
    return peer_of(request)


Caller: TypeAlias = Annotated[Peer, Depends(caller)]
SenderAddress: TypeAlias = Annotated[str, Depends(sender_address)]
