"""Addresses of Managers as they stand in the header `Fsc-Manager-Address` and in listings (FSC Core 4.1.1, 4.4.4)."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from wegennet.fsc.core.errors import ErrorCode, FscError

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


def _is_host(form: re.Match[str]) -> bool:
    """Whether a name isn't a malformed IPv4 address, and what is in brackets is one of IPv6."""
    numeric = form["v6"] or (form["name"] if form["name"].rpartition(".")[2].isdigit() else None)
    try:
        return numeric is None or bool(ipaddress.ip_address(numeric))
    except ValueError:
        return False
