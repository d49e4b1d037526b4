"""Addresses of Managers as they stand in the header `Fsc-Manager-Address` and in listings (FSC Core 4.1.1, 4.4.4)."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wegennet.fsc.core.errors import ErrorCode, FscError

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST: Final = 255
_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS: Final = re.compile(
    rf"https://((?P<name>{_LABEL}(\.{_LABEL})*)|\[(?P<v6>[0-9a-f:.]+)\]):(?P<port>443|8443)/?", re.ASCII | re.IGNORECASE
)


def manager_address(text: str) -> str:
    """An address of a Manager as `https://host:port`.

    Only that is let through: we connect to what other peers give as theirs, so it must be nothing but a Manager's.

    Raises:
        FscError: it is none, or has a port that the standard doesn't allow.
    """
    form = _ADDRESS.fullmatch(text)
    if form is None or len(text) > _LONGEST or not _is_host(form):
        raise FscError(
            ErrorCode.INVALID_REQUEST,
            "Fsc-Manager-Address must be the URL of a Manager, https://host:port with port 443 or 8443.",
        )
    return text.rstrip("/").lower()


def connectable(own_address: str) -> Callable[[str], bool]:
    """Which IP addresses we connect to when other peers say that their Manager is there.

    Not those of this machine (unless we are on it ourselves, in a trial), of this link (where clouds have their
    metadata service) or of many at once.

    Args:
        own_address: of our Manager.
    """
    own_is_local = _is_loopback(urlsplit(own_address).hostname or "")

    def allowed(address: str) -> bool:
        ip = ipaddress.ip_address(address)
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_loopback:
            return own_is_local
        return not (ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved)

    return allowed


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_host(form: re.Match[str]) -> bool:
    """Whether a name isn't a malformed IPv4 address, and what is in brackets is one of IPv6."""
    numeric = form["v6"] or (form["name"] if form["name"].rpartition(".")[2].isdigit() else None)
    try:
        return numeric is None or bool(ipaddress.ip_address(numeric))
    except ValueError:
        return False
