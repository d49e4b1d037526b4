from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from starlette.requests import HTTPConnection

from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.identity import Peer
from wegennet.fsc.service.caller import certificate_of, peer_of

OIN = "00000099000000034400"


def certificate(oin: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.SERIAL_NUMBER, oin),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Gemeente Voorbeeld"),
        ]
    )
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    now = datetime.now(UTC)
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(hours=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def connection(der: bytes | None) -> Any:
    return HTTPConnection({"type": "http", "headers": [], "state": {"client": SimpleNamespace(certificate_der=der)}})


def test_the_caller_is_the_peer_of_its_certificate() -> None:
    assert peer_of(connection(certificate(OIN))) == Peer(OIN, "Gemeente Voorbeeld")


def test_the_certificate_of_the_caller_is_at_hand() -> None:
    der = certificate(OIN)
    assert certificate_of(connection(der)).public_bytes(Encoding.DER) == der


@pytest.mark.parametrize("der", [None, certificate("12345")])
def test_a_caller_without_identity_is_refused(der: bytes | None) -> None:
    with pytest.raises(FscError) as caught:
        peer_of(connection(der))
    assert caught.value.code == "ERROR_CODE_PEER_CERTIFICATE_VERIFICATION_FAILED"
