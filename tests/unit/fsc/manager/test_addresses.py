from __future__ import annotations

import pytest

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.manager.addresses import connectable, manager_address


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://manager.example.nl:8443", "https://manager.example.nl:8443"),
        ("https://Manager.Example.nl:443/", "https://manager.example.nl:443"),
        ("https://127.1.2.3:8443", "https://127.1.2.3:8443"),
        ("https://[fd00::1]:8443", "https://[fd00::1]:8443"),
    ],
)
def test_the_address_of_a_manager_is_taken(given: str, taken: str) -> None:
    assert manager_address(given) == taken


@pytest.mark.parametrize(
    "given",
    [
        "",
        "manager.example.nl:8443",
        "http://manager.example.nl:8443",
        "https://manager.example.nl",
        "https://manager.example.nl:9443",
        "https://manager.example.nl:08443",
        "https://manager.example.nl:8443/v1",
        "https://manager.example.nl:8443?x",
        "https://manager.example.nl:8443#x",
        "https://user@manager.example.nl:8443",
        "https://manager.example.nl@127.0.0.1:8443",
        "https://manager.example.nl:8443\n",
        "https://man\tager.example.nl:8443",
        "https://manager..example.nl:8443",
        "https://-manager.example.nl:8443",
        "https://127.1:8443",
        "https://0x7f.1:8443",
        "https://2130706433:8443",
        "https://1.2.3.256:8443",
        "https://[fd00::g]:8443",
        "https://[::1%25eth0]:8443",
        "https://município.example:8443",
        f"https://{'a.' * 130}nl:8443",
        "gopher://manager.example.nl:8443",
    ],
)
def test_what_is_no_address_of_a_manager_is_refused(given: str) -> None:
    with pytest.raises(FscError) as refused:
        manager_address(given)
    assert refused.value.code == ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "100.64.0.1", "8.8.8.8", "fd00::1", "2001:db8::1"])
def test_managers_may_be_in_any_network(address: str) -> None:
    assert connectable("https://manager.example.nl:8443")(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1"],  # noqa: S104
)
def test_no_manager_is_on_our_machine_or_link(address: str) -> None:
    assert not connectable("https://manager.example.nl:8443")(address)


def test_in_a_trial_all_managers_are_on_one_machine() -> None:
    assert connectable("https://127.1.2.3:8443")("127.1.4.5")
