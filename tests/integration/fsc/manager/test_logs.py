from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wegennet.fsc.core.transactions import new_transaction_id

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Played
    from integration.fsc.manager.servers import Server

OUTWAY, SERVICE, ON_BEHALF, PUBLISHER = (f"00000099{n:09d}000" for n in range(901, 905))


def record(outway: str, service: str, on_behalf: str | None = None, publisher: str | None = None) -> dict[str, Any]:
    source: dict[str, Any] = {"type": "SOURCE_TYPE_SOURCE", "outway_peer_id": outway}
    if on_behalf:
        source |= {"type": "SOURCE_TYPE_DELEGATED_SOURCE", "delegator_peer_id": on_behalf}
    destination: dict[str, Any] = {"type": "DESTINATION_TYPE_DESTINATION", "service_peer_id": service}
    if publisher:
        destination |= {"type": "DESTINATION_TYPE_DELEGATED_DESTINATION", "delegator_peer_id": publisher}
    return {
        "transaction_id": new_transaction_id(),
        "direction": "DIRECTION_INCOMING",
        "grant_hash": "$1$3$x",
        "source": source,
        "destination": destination,
        "service_name": "service",
        "created_at": 1_700_000_000,
    }


@pytest.fixture(scope="module")
def log(group: Group) -> tuple[Manager, Server, list[Any]]:
    """A Manager, and a transaction log that gives everybody's records, whoever is asked for."""
    member = group.member("Provider")
    records: list[Any] = []
    server = group.component(member, 3, lambda _: (200, {"records": records, "pagination": {"next_cursor": "n"}}))
    manager = group.manager(member, tx_log_api_address=f"https://{server.host}:9443")
    return manager, server, records


@pytest.fixture(scope="module")
def reader(group: Group) -> Played:
    """Who asks for records."""
    return group.played(group.member("Reader"))


def test_records_that_involve_the_asking_peer_are_given_and_no_others(
    log: tuple[Manager, Server, list[Any]], reader: Played
) -> None:
    manager, _, records = log
    me = reader.member.id
    own = [
        record(me, SERVICE),
        record(OUTWAY, me),
        record(OUTWAY, SERVICE, on_behalf=me),
        record(OUTWAY, SERVICE, publisher=me),
    ]
    records[:] = [*own, record(OUTWAY, SERVICE), record(OUTWAY, SERVICE, ON_BEHALF, PUBLISHER)]
    answer = reader.member.get(manager.member, "/logs")
    assert answer.json == {"records": own, "pagination": {"next_cursor": "n"}}


@pytest.mark.parametrize("more", ["", "&peer_id=00000099000000901000"])
def test_the_log_is_asked_for_the_asking_peer_only(
    log: tuple[Manager, Server, list[Any]], reader: Played, more: str
) -> None:
    manager, server, _ = log
    transaction = new_transaction_id()
    reader.member.get(manager.member, f"/logs?transaction_ids={transaction}&limit=3{more}")
    query = dict(part.split("=") for part in server.asked[-1].query.split("&"))
    assert query == {"transaction_ids": transaction, "limit": "3", "peer_id": reader.member.id}


def test_our_own_people_see_all_records(log: tuple[Manager, Server, list[Any]]) -> None:
    manager, _, records = log
    records[:] = [record(OUTWAY, SERVICE)]
    assert manager.administer("GET", "/logs").json["records"] == records


def test_a_peer_that_keeps_a_log_says_so(log: tuple[Manager, Server, list[Any]], reader: Played) -> None:
    manager, _, _ = log
    extensions = reader.member.get(manager.member, "/peer").json["enabled_extensions"]
    assert extensions["EXTENSION_TRANSACTION_LOGGING"] == "1.1.0"


def test_a_peer_without_a_log_gives_an_empty_list(group: Group, reader: Played) -> None:
    manager = group.manager(group.member("Logless"))
    answer = reader.member.get(manager.member, "/logs")
    assert (answer.status, answer.json) == (200, {"records": [], "pagination": {"next_cursor": ""}})


def test_a_log_that_is_away_is_an_answer_of_its_own(log: tuple[Manager, Server, list[Any]], reader: Played) -> None:
    manager, server, _ = log
    server.stop()
    try:
        answer = reader.member.get(manager.member, "/logs")
    finally:
        server.start()
    assert (answer.status, answer.code) == (503, "UNAVAILABLE")


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=0", "before=99999999999999999999"])
def test_a_query_that_makes_no_sense_is_refused(
    log: tuple[Manager, Server, list[Any]], reader: Played, query: str
) -> None:
    answer = reader.member.get(log[0].member, f"/logs?{query}")
    assert (answer.status, answer.code) == (400, "INVALID_REQUEST")
