"""Where a request's target leads at the next hop; what the client wrote of path and query is passed octet for octet."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from wegennet.fsc.core.errors import ErrorCode, FscError

_SEPARATORS: Final = re.compile(rb"[/\\]")


def below(prefix: bytes, target: bytes) -> bytes:
    """The target under the path of a Service's endpoint.

    Args:
        prefix: path of the endpoint, without a slash at its end; empty for a Service at the root.
        target: path and query, or `*`.

    Raises:
        FscError: SERVICE_NOT_FOUND: the path leads out of the endpoint, to something that no grant speaks of.
    """
    if not prefix:
        return target
    if not target.startswith(b"/") or _climbs(target.partition(b"?")[0]):
        raise FscError(ErrorCode.SERVICE_NOT_FOUND, "The path leads out of the Service that the access token is for.")
    return prefix + target


def _climbs(path: bytes) -> bool:
    """Whether any segment is `..`, as the many servers read it: encoded, behind a backslash, or with parameters."""
    segments = _SEPARATORS.split(unquote_to_bytes(path))
    return any(segment.partition(b";")[0].strip() == b".." for segment in segments)
