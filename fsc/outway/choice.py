"""Which grant a request is made under: the one that it names, or the only one that fits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.gateway import headers as fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wegennet.fsc.api.manager_internal import OutwayService
    from wegennet.fsc.wire.message import Headers

Grants = dict[str, "OutwayService"]
"""What the Outway may use, by grant hash."""

_MOST_LISTED: Final = 100


class Wish(NamedTuple):
    """What a client says of the grant that it wants; empty is not said."""

    grant_hash: str
    service_name: str
    service_peer_id: str


class NoChoiceError(FscError):
    """There is not one grant to use; a client can mend it with what `usable` holds."""

    def __init__(self, code: ErrorCode, message: str, usable: Iterable[OutwayService]) -> None:
        super().__init__(code, message)
        self.usable = list(usable)


class NoGrantError(NoChoiceError):
    """None fits; a contract that was just made may not be known yet."""


class AmbiguousError(NoChoiceError):
    """More than one fits."""


def wish(headers: Headers) -> Wish:
    """What the headers `Fsc-Grant-Hash`, `Fsc-Service-Name` and `Fsc-Service-Peer-Id` say.

    Raises:
        FscError: one of them stands there twice.
    """
    return Wish(
        _only(headers, fields.GRANT_HASH), _only(headers, fields.SERVICE_NAME), _only(headers, fields.SERVICE_PEER_ID)
    )


def choose(grants: Grants, wanted: Wish, *, now: float) -> OutwayService:
    """The grant that is named, or else the only one that fits.

    Grants for the same connection count as one: a contract and the one that renews it are both valid for a while. Of
    those the one that lasts longest is taken.

    Args:
        grants: of contracts that are valid as far as is known.
        wanted: what the client says.
        now: Unix seconds.

    Raises:
        NoGrantError: none fits.
        AmbiguousError: more than one fits.
    """
    if wanted.grant_hash:
        return _named(grants, wanted.grant_hash, now)
    usable = _usable(grants, now)
    fitting = [grant for grant in usable if _fits(grant, wanted)]
    if not fitting:
        raise NoGrantError(ErrorCode.MISSING_GRANT_HASH, _none(wanted), usable)
    if len({_connection(grant) for grant in fitting}) > 1:
        raise AmbiguousError(ErrorCode.MISSING_GRANT_HASH, _several(wanted), fitting)
    return max(fitting, key=lambda grant: (grant.not_after, grant.grant_hash))


def listed(usable: list[OutwayService]) -> list[dict[str, str]]:
    """Grants as the answer to a request without one lists them."""
    members = {"grant_hash", "service_name", "service_peer_id", "service_delegator_peer_id", "delegator_peer_id"}
    ordered = sorted(usable, key=lambda grant: (grant.service_name, grant.service_peer_id, grant.grant_hash))
    return [grant.model_dump(include=members, exclude_none=True) for grant in ordered[:_MOST_LISTED]]


def _named(grants: Grants, grant_hash: str, now: float) -> OutwayService:
    grant = grants.get(grant_hash)
    if grant is None or grant.not_after < now:
        message = "No valid contract gives this Outway the grant that the header Fsc-Grant-Hash names."
        raise NoGrantError(ErrorCode.UNKNOWN_GRANT_HASH_IN_HEADER, message, _usable(grants, now))
    return grant


def _usable(grants: Grants, now: float) -> list[OutwayService]:
    return [grant for grant in grants.values() if grant.not_after >= now]


def _fits(grant: OutwayService, wanted: Wish) -> bool:
    name = wanted.service_name in ("", grant.service_name)
    return name and wanted.service_peer_id in ("", grant.service_peer_id)


def _connection(grant: OutwayService) -> tuple[str | None, ...]:
    """What a grant allows; two contracts can allow the same."""
    return grant.service_peer_id, grant.service_name, grant.service_delegator_peer_id, grant.delegator_peer_id


def _none(wanted: Wish) -> str:
    if wanted.service_name or wanted.service_peer_id:
        return f"This Outway has no valid contract for {_said(wanted)}."
    return "This Outway has no valid contract for any service."


def _several(wanted: Wish) -> str:
    how = "name one in the header Fsc-Grant-Hash, or its service in Fsc-Service-Name and Fsc-Service-Peer-Id"
    if wanted.service_name or wanted.service_peer_id:
        return f"This Outway has more than one valid contract for {_said(wanted)}: {how}."
    return f"This Outway has valid contracts for more than one service: {how}."


def _said(wanted: Wish) -> str:
    what = f"the service {wanted.service_name!r}" if wanted.service_name else "a service"
    return f"{what} of peer {wanted.service_peer_id!r}" if wanted.service_peer_id else what


def _only(headers: Headers, name: bytes) -> str:
    values = fields.values(headers, name)
    if len(values) > 1:
        raise FscError(ErrorCode.INVALID_REQUEST, f"The header {name.decode()} stands there more than once.")
    return values[0].decode("latin-1").strip() if values else ""
