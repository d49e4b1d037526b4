from __future__ import annotations

import socket

import pytest

from wegennet.fsc.trial.errors import Mistake
from wegennet.fsc.trial.loopback import PORTS, Network


def test_two_groups_have_different_networks() -> None:
    with Network() as one, Network() as other:
        assert one.number != other.number


def test_network_that_is_taken_is_refused() -> None:
    with Network() as one, pytest.raises(Mistake, match=f"127.{one.number}"), Network(one.number):
        pass


def test_network_is_free_again_afterwards() -> None:
    with Network() as one:
        pass
    with Network(one.number) as again:
        assert again.number == one.number


def test_network_where_a_port_is_taken_is_refused() -> None:
    with Network() as network:
        number = network.number
    with socket.create_server((f"127.{number}.0.1", PORTS[0])), pytest.raises(Mistake), Network(number):
        pass


def test_address_says_peer_and_component() -> None:
    with Network() as network:
        assert network.address(3, 5) == f"127.{network.number}.3.5"
