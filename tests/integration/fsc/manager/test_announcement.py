from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.waiting import eventually, stays
from unit.fsc.manager import made

from wegennet.fsc.manager import announcement, backoff

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Played


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again soon."""
    monkeypatch.setattr(backoff, "SHORTEST", 0.05)


@pytest.fixture
def directory(group: Group) -> Played:
    """A directory that the test plays, with an address of its own."""
    return group.played(group.member("Directory of this test"))


def settings(directory: Played) -> dict[str, str]:
    return {"directory_peer_id": directory.member.id, "directory_manager_address": directory.member.address}


def test_a_manager_announces_itself_at_its_start(group: Group, directory: Played) -> None:
    manager = group.manager(group.member("Announcing"), **settings(directory))
    [announced] = eventually(lambda: directory.received("/v1/announce"))
    assert announced.headers["fsc-manager-address"] == manager.member.address


def test_a_manager_announces_itself_again_and_again(
    group: Group, directory: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcement, "EVERY_SECONDS", 0.1)
    group.manager(group.member("Again"), **settings(directory))
    eventually(lambda: len(directory.received("/v1/announce")) >= 3)


def test_a_directory_that_is_away_is_told_when_it_is_back(group: Group, directory: Played) -> None:
    directory.server.stop()
    group.manager(group.member("Patient"), **settings(directory))
    directory.server.start()
    eventually(lambda: directory.received("/v1/announce"))


def test_a_directory_announces_itself_to_nobody(group: Group, directory: Played) -> None:
    member = group.member("A directory itself")
    group.manager(member, directory_peer_id=member.id, directory_manager_address=member.address)
    stays(lambda: not directory.server.asked, during=0.3)


def test_who_is_the_directory_is_known_by_its_address_too(group: Group) -> None:
    member = group.member("A directory by its address")
    changed = {"directory_peer_id": made.STRANGER, "directory_manager_address": member.address}
    assert group.settings(member, **changed).is_directory


def test_peers_with_contracts_are_told_a_new_address(group: Group, directory: Played) -> None:
    consumer, member = group.played(group.member("Consumer")), group.member("Moving")
    manager = group.manager(member, **settings(directory))
    consumer.member.write("PUT", f"{member.address}/v1/announce")
    manager.make(made.connection(consumer=consumer.member.id, provider=member.id))
    eventually(lambda: consumer.received("/v1/contracts"))
    eventually(lambda: all("delivered_at" in each for each in manager.distributions(_only(manager))))
    manager.stop()
    moved = f"https://{member.host}:443"
    group.manager(member, storage_postgres_dsn=manager.settings.dsn, self_address=moved, **settings(directory))
    [announced] = eventually(lambda: consumer.received("/v1/announce"))
    assert announced.headers["fsc-manager-address"] == moved


def _only(manager: object) -> str:
    [contract] = manager.administer("GET", "/contracts").json["contracts"]  # type: ignore[attr-defined]
    return str(contract["content_hash"])
