"""Who a certificate is of, by the Group's rules (FSC Core 4.1.3, 4.1.4).

The Group takes the subject's serialNumber as Peer ID, an OIN of 20 digits, and its organizationName as Peer name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.x509.oid import NameOID

from wegennet.fsc.core.errors import ErrorCode, FscError

if TYPE_CHECKING:
    from cryptography import x509

_OIN: Final = re.compile(r"[0-9]{20}")
# OpenAPI `peerName`.
_SHORTEST_NAME: Final = 3
_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Peer:
    """A Peer of the Group.

    Attributes:
        id: its OIN, 20 digits.
        name: of its organisation; need not be unique.
    """

    id: str
    name: str


def identify(certificate: x509.Certificate) -> Peer:
    """The Peer that a group certificate was issued to.

    Raises:
        FscError: the subject does not say who it is by the Group's rules.
    """
    return Peer(_peer_id(certificate), _peer_name(certificate))


def _peer_id(certificate: x509.Certificate) -> str:
    value = _only(certificate, NameOID.SERIAL_NUMBER, "serialNumber")
    if not _OIN.fullmatch(value):
        raise _refused("the serialNumber of its subject must be an OIN of 20 digits")
    return value


def _peer_name(certificate: x509.Certificate) -> str:
    value = _only(certificate, NameOID.ORGANIZATION_NAME, "organizationName (O)")
    if not _SHORTEST_NAME <= len(value) <= _LONGEST_NAME or not value.isprintable():
        length = f"{_SHORTEST_NAME} to {_LONGEST_NAME}"
        raise _refused(f"the organizationName (O) of its subject must have {length} printable characters")
    return value


def _only(certificate: x509.Certificate, oid: x509.ObjectIdentifier, name: str) -> str:
    try:
        values = certificate.subject.get_attributes_for_oid(oid)
    except ValueError:
        raise _refused("its subject cannot be read") from None
    if len(values) != 1:
        raise _refused(f"its subject must have one {name}, and has {len(values)}")
    return str(values[0].value)


def _refused(reason: str) -> FscError:
    return FscError(ErrorCode.PEER_CERTIFICATE_VERIFICATION_FAILED, f"The certificate is of no Peer: {reason}.")
