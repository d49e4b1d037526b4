"""What makes content a contract beyond its shape (FSC Core 4.2.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wegennet.fsc.core import ijson
from wegennet.fsc.core.contract import DelegatedServicePublication, ServicePublication
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.hashes import algorithm_number

if TYPE_CHECKING:
    from wegennet.fsc.core.contract import Content

CLOCK_LEEWAY: Final = 60
"""Seconds that another peer's clock may be ahead of ours."""

MAX_PROPERTIES: Final = 1_000_000
"""Bytes of canonical JSON that the properties of a grant may have (FSC Core 4.2.2.2)."""

_SERVICE_NAME: Final = re.compile(r"[a-zA-Z0-9-._]{1,100}")


def check(content: Content, *, group_id: str, now: int) -> None:
    """Checks content in this order: group, hash algorithm, grants, service names, properties, validity, creation.

    The FSC version was checked when the content was read (`contract.Content`).

    Args:
        content: what the peers would agree on.
        group_id: of our Manager.
        now: Unix seconds.

    Raises:
        FscError: with the code of the first rule that is broken.
    """
    if content.group_id != group_id:
        raise FscError(
            ErrorCode.INCORRECT_GROUP_ID, f"This Manager is of group {group_id}; the contract is of another."
        )
    algorithm_number(content.hash_algorithm)
    _check_grants(content)
    _check_service_names(content)
    _check_properties(content)
    _check_dates(content, now)


def check_parties(content: Content, *, submitting: str, receiving: str) -> None:
    """Checks that both peers of an exchange are on the contract.

    Args:
        content: what the peers would agree on.
        submitting: id of the peer that submits the contract or a signature.
        receiving: id of our own peer.

    Raises:
        FscError: one of them is not.
    """
    peers = content.peers()
    if submitting not in peers:
        raise FscError(
            ErrorCode.SUBMITTING_PEER_NOT_PART_OF_CONTRACT, f"Peer {submitting}, which submits, is not on the contract."
        )
    if receiving not in peers:
        raise FscError(
            ErrorCode.RECEIVING_PEER_NOT_PART_OF_CONTRACT, f"Peer {receiving}, which receives, is not on the contract."
        )


def _check_grants(content: Content) -> None:
    if not content.grants:
        raise _broken("A contract has at least one grant.")
    types = {grant.data.type for grant in content.grants}
    published = any(
        isinstance(grant.data, ServicePublication | DelegatedServicePublication) for grant in content.grants
    )
    if published and len(types) > 1:
        raise FscError(
            ErrorCode.GRANT_COMBINATION_NOT_ALLOWED,
            "A publication grant cannot be combined with grants of another type; make a contract for each type.",
        )


def _check_service_names(content: Content) -> None:
    for place, grant in enumerate(content.grants):
        if not _SERVICE_NAME.fullmatch(grant.data.service.name):
            raise _broken(f"The service name of grant {place} must have 1 to 100 letters, digits, or -._ in it.")


def _check_properties(content: Content) -> None:
    for place, grant in enumerate(content.grants):
        if grant.data.properties and len(ijson.canonical(grant.data.properties)) > MAX_PROPERTIES:
            raise _broken(f"The properties of grant {place} have more than {MAX_PROPERTIES} bytes.")


def _check_dates(content: Content, now: int) -> None:
    if content.validity.not_after <= content.validity.not_before:
        raise _broken("The contract's not_after must be later than its not_before.")
    if content.validity.not_after <= now:
        raise _broken("The contract's not_after must be in the future.")
    if content.created_at > now + CLOCK_LEEWAY:
        raise _broken("The contract's created_at is in the future; set the clock right.")


def _broken(message: str) -> FscError:
    return FscError(ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH, message)
