from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from unit.fsc.manager import made

from wegennet.fsc.manager.directory import Directory
from wegennet.fsc.manager.store import peers
from wegennet.fsc.manager.store.peers import KnownPeer

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.manager.remote import Managers
    from wegennet.fsc.storage.database import Database

ADDRESS = "https://{}.test:8443"


class Counting:
    """A database whose transactions are counted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = 0

    def transaction(self) -> Any:
        self.transactions += 1
        return self._database.transaction()


def test_where_many_peers_are_takes_one_transaction(with_database: Callable[..., Any]) -> None:
    async def test(database: Database) -> None:
        async with database.transaction() as connection:
            for peer_id in (made.PROVIDER, made.CONSUMER):
                await peers.heard_of(connection, KnownPeer(peer_id, "A peer", ADDRESS.format(peer_id)))
        counting = Counting(database)
        directory = Directory(
            cast("Database", counting),
            cast("Managers", None),
            made.DIRECTORY,
            ADDRESS.format("directory"),
            is_own=True,
        )
        asked = {made.PROVIDER, made.CONSUMER, made.DIRECTORY, made.STRANGER}
        assert await directory.likeliest(asked) == {
            made.PROVIDER: ADDRESS.format(made.PROVIDER),
            made.CONSUMER: ADDRESS.format(made.CONSUMER),
            made.DIRECTORY: ADDRESS.format("directory"),
        }
        assert counting.transactions == 1

    with_database(test)
