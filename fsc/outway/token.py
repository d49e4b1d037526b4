"""One access token: how it is asked for, and what it must say before the Outway uses it (FSC Core 4.6.1). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from wegennet.fsc.core import ijson, tokens
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.wire.headers import is_authority
from wegennet.fsc.wire.message import Origin

if TYPE_CHECKING:
    from wegennet.fsc.api.manager_internal import OutwayService
    from wegennet.fsc.core.tokens import AccessToken

# FSC Core 4.1.1. The address comes from another peer: it must not lead to whatever else listens where we can reach.
_PORTS: Final = (443, 8443)
_BAD_GATEWAY: Final = 502
_FORBIDDEN: Final = 403
_OK: Final = 200
_REFUSED: Final = range(400, 500)
_LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Token:
    """A token that can be used.

    Attributes:
        text: the compact JWT.
        claims: what it says.
        inway: where it may be used.
        obtained_at: Unix seconds.
    """

    text: str
    claims: AccessToken
    inway: Origin
    obtained_at: float


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say that this Outway asked for.

    Attributes:
        group_id: of the Group.
        thumbprint: of the certificate with which it was asked for and will be used.
    """

    group_id: str
    thumbprint: str


def form(grant_hash: str, peer_id: str) -> bytes:
    """The body of the request (RFC 6749, 4.4.2; FSC Core 4.6.1.3).

    Args:
        grant_hash: of the grant.
        peer_id: our own.
    """
    return urlencode({"grant_type": "client_credentials", "scope": grant_hash, "client_id": peer_id}).encode()


def read_answer(status: int, content: bytes, grant: OutwayService, expected: Expected, *, now: float) -> Token:
    """The token in a Manager's answer.

    Args:
        status: of the answer.
        content: of the answer.
        grant: for which it was asked.
        expected: what it must say.
        now: Unix seconds.

    Raises:
        FscError: the Manager gave none, or one that must not be used.
    """
    said = _parsed(content)
    if status != _OK:
        raise _not_given(status, said, grant)
    text = said.get("access_token")
    if not isinstance(text, str):
        raise _unusable(grant, "the answer holds none")
    try:
        claims = tokens.read(text)
    except FscError as error:
        raise _unusable(grant, error.message) from None
    _check(claims, grant, expected, now)
    return Token(text, claims, _inway(claims, grant), now)


def unavailable(grant: OutwayService, reason: str) -> FscError:
    """The Manager could not be asked."""
    return FscError(
        ErrorCode.ACCESS_TOKEN_UNAVAILABLE,
        f"There is no access token: the Manager of peer {grant.service_peer_id} at {grant.manager_address} does not "
        f"answer ({reason}).",
    )


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        said = ijson.parse(content)
    except ijson.InvalidJsonError:
        return {}
    return said if isinstance(said, dict) else {}


def _check(claims: AccessToken, grant: OutwayService, expected: Expected, now: float) -> None:
    if claims.group_id != expected.group_id:
        raise FscError(
            ErrorCode.WRONG_GROUP_ID_IN_TOKEN,
            f"The Manager of peer {grant.service_peer_id} gave an access token for another group than "
            f"{expected.group_id}.",
            status=_BAD_GATEWAY,
        )
    differences = {
        "another issuer than the service's peer": claims.issuer != grant.service_peer_id,
        "another grant than the one asked for": claims.grant_hash != grant.grant_hash,
        "another service than the grant's": claims.service != grant.service_name,
        "another certificate than this Outway's": claims.certificate_thumbprint != expected.thumbprint,
        "a time that has passed; compare the clocks": claims.expires_at <= now,
    }
    for what, differs in differences.items():
        if differs:
            raise _unusable(grant, f"it says {what}")


def _inway(claims: AccessToken, grant: OutwayService) -> Origin:
    try:
        parts = urlsplit(claims.audience)
        port = parts.port or 443
    except ValueError:
        raise _unusable(grant, "its audience is no URL") from None
    origin = Origin("https", parts.hostname or "", port)
    valid = parts.scheme == "https" and parts.hostname and is_authority(origin.netloc.encode("utf-8"))
    if not valid or port not in _PORTS:
        raise _unusable(grant, "its audience is no https URL with port 443 or 8443")
    return origin


def _not_given(status: int, said: dict[str, Any], grant: OutwayService) -> FscError:
    """A refusal is the contract's, so that the client can mend it; anything else is a fault of the Manager."""
    reason = ": ".join(str(said[name]) for name in ("error", "error_description", "message") if said.get(name))
    return FscError(
        ErrorCode.ACCESS_TOKEN_UNAVAILABLE,
        f"There is no access token: the Manager of peer {grant.service_peer_id} answered {status} "
        f"({reason[:_LONGEST_REASON] or 'no reason'}).",
        status=_FORBIDDEN if status in _REFUSED else _BAD_GATEWAY,
    )


def _unusable(grant: OutwayService, reason: str) -> FscError:
    return FscError(
        ErrorCode.ACCESS_TOKEN_UNAVAILABLE,
        f"The access token of the Manager of peer {grant.service_peer_id} cannot be used: {reason}.",
    )
