from __future__ import annotations

import pytest

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.manager.addresses import manager_address


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
