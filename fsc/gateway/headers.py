"""Which header fields pass a hop, and which are FSC's own.

Hop-by-hop fields end here (RFC 9110 §7.6.1); a client's `Fsc-*` fields end here as well, since the next component
believes them. All else passes as it came: names, values, order and duplicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wegennet.fsc.wire import headers as wire

if TYPE_CHECKING:
    from wegennet.fsc.wire.message import Headers

AUTHORIZATION: Final = b"fsc-authorization"
TRANSACTION_ID: Final = b"fsc-transaction-id"
GRANT_HASH: Final = b"fsc-grant-hash"
SERVICE_NAME: Final = b"fsc-service-name"
SERVICE_PEER_ID: Final = b"fsc-service-peer-id"
ERROR_CODE: Final = b"fsc-error-code"

_HOP_BY_HOP: Final = wire.HOP_BY_HOP | {b"http2-settings"}
# Fields that frame or route the message on every hop: naming one in Connection must not take it away.
_NEVER_NOMINATED: Final = frozenset({b"content-length", b"host"})
# An offer of another HTTP version, which a server may ignore (RFC 9110 §7.8); Java's client makes it on every request.
_IGNORED_UPGRADES: Final = frozenset({b"h2c", b"h2", b"http/2.0", b"tls/1.0", b"tls/1.2"})


def values(headers: Headers, name: bytes) -> list[bytes]:
    """Every value of a field, in order; `name` in lower case."""
    return [value for field, value in headers if field == name]


def request_headers(headers: Headers) -> Headers:
    """The fields of a request that go on: neither hop-by-hop, nor Host, nor anything that calls itself `Fsc-`."""
    ended = _ended(headers) | {b"host"}
    return [(name, value) for name, value in headers if name not in ended and not _reserved(name)]


def response_headers(headers: Headers) -> Headers:
    """The fields of a response that go back: all but the hop-by-hop ones."""
    ended = _ended(headers)
    return [(name, value) for name, value in headers if name not in ended and not name.startswith(b"proxy-")]


def trailers(fields: Headers) -> Headers:
    """The trailer fields that may pass: none that frames, routes or authorizes; a server may take them for headers."""
    return [(name, value) for name, value in wire.allowed_trailers(fields) if not _reserved(name)]


def accepts_trailers(headers: Headers) -> bool:
    """Whether the sender takes trailers: the one value of TE that goes on."""
    return any(b"trailers" in _members(value) for value in values(headers, b"te"))


def asks_upgrade(headers: Headers) -> bool:
    """Whether the request wants the connection to become something else than HTTP."""
    offers = values(headers, b"upgrade")
    return any(_members(value) - _IGNORED_UPGRADES for value in offers)


def _ended(headers: Headers) -> frozenset[bytes]:
    """Hop-by-hop fields: the known ones and those that this message's Connection names."""
    nominated = {member for value in values(headers, b"connection") for member in _members(value)}
    return _HOP_BY_HOP | (nominated - _NEVER_NOMINATED) if nominated else _HOP_BY_HOP


def _members(value: bytes) -> set[bytes]:
    """The members of a comma-separated list, in lower case, without parameters."""
    return {member.partition(b";")[0].strip().lower() for member in value.split(b",")} - {b""}


def _reserved(name: bytes) -> bool:
    """Whether a field is FSC's or a proxy's; `_` counts as `-`, since servers of CGI's kin read them alike."""
    return name.startswith((b"fsc-", b"fsc_", b"proxy-"))
