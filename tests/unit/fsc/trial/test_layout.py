from __future__ import annotations

import pytest

from wegennet.fsc.core.identity import Peer, identify
from wegennet.fsc.trial.certificates import group_subject
from wegennet.fsc.trial.layout import MOST_PEERS, Component, Member, members
from wegennet.fsc.trial.pki import Authority


def _address(peer: int, component: int) -> str:
    return f"127.99.{peer}.{component}"


@pytest.fixture(scope="module")
def everybody() -> list[Member]:
    return members(2, _address)


def test_directory_comes_first(everybody: list[Member]) -> None:
    assert [member.is_directory for member in everybody] == [True, False, False]


def test_directory_is_a_manager_only(everybody: list[Member]) -> None:
    assert everybody[0].components == (Component.MANAGER,)


def test_peer_has_every_component(everybody: list[Member]) -> None:
    assert set(everybody[1].components) == set(Component)


def test_peer_ids_are_test_oins(everybody: list[Member]) -> None:
    assert [member.peer_id for member in everybody] == [
        "00000099000000001000",
        "00000099000000002000",
        "00000099000000003000",
    ]


def test_every_component_has_an_address_of_its_own(everybody: list[Member]) -> None:
    hosts = [member.host(component) for member in everybody for component in member.components]
    assert len(set(hosts)) == len(hosts)


def test_most_peers_have_addresses() -> None:
    last = members(MOST_PEERS, _address)[-1]
    assert int(last.host(Component.OUTWAY).split(".")[2]) <= 255


def test_traffic_of_the_group_has_a_port_of_the_standard(everybody: list[Member]) -> None:
    addresses = everybody[1].addresses
    assert {addresses["manager"].rpartition(":")[2], addresses["inway"].rpartition(":")[2]} == {"8443"}


def test_certificate_of_a_component_is_of_its_peer(everybody: list[Member]) -> None:
    subject = group_subject(everybody[1], Component.MANAGER)
    certificate = Authority.root("Group").issue(subject).certificate
    assert identify(certificate) == Peer(everybody[1].peer_id, "Peer 1")
