"""Headers of requests to an Inway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wegennet.fsc.core.transactions import new_transaction_id

if TYPE_CHECKING:
    from support.gateways.world import World
    from wegennet.fsc.wire.message import Headers


def fsc(world: World, transaction_id: str | None = None, **claims: Any) -> Headers:
    """What the Outway of the consumer sends, with a token of the provider."""
    return [authorization(world, **claims), (b"fsc-transaction-id", (transaction_id or new_transaction_id()).encode())]


def authorization(world: World, **claims: Any) -> tuple[bytes, bytes]:
    """The token alone."""
    return b"fsc-authorization", b"Bearer " + world.token(**claims).encode()
