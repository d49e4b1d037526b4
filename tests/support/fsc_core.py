"""Certificates with every kind of flaw, and contracts, for the tests of the FSC peer's core; time stands still."""

from __future__ import annotations

import datetime
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from wegennet.fsc.core.certificates import KeyPair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wegennet.fsc.core.certificates import PrivateKey

NOW = 1_767_225_600
"""2026-01-01T00:00:00Z."""
DAY = 86_400
GROUP = "fsc.group.test"
CONSUMER, PROVIDER, DELEGATOR, PUBLISHER, DIRECTORY, STRANGER = (f"00000099{number:09}000" for number in range(1, 7))
THUMBPRINT = "3a56f2e9269ac63f0d4394c46b96539da1625b6a985d38029ff89f34e490960c"
KEYS = ("rsa2048", "rsa3072", "p256", "p384", "p521")

_CURVES = {"p224": ec.SECP224R1, "p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}
_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")

_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

Extension = tuple[x509.ExtensionType, bool]


@functools.cache
def key(kind: str, number: int = 0) -> PrivateKey:
    """A private key of one of `KEYS`; another one for each `number`."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))
    return ec.generate_private_key(_CURVES[kind]())


def subject(peer_id: str, name: str = "Gemeente Een") -> list[tuple[x509.ObjectIdentifier, str]]:
    """The subject of a group certificate."""
    return [(NameOID.SERIAL_NUMBER, peer_id), (NameOID.ORGANIZATION_NAME, name)]


@dataclass(frozen=True)
class Authority:
    """An authority that issues anything it is asked for."""

    key: PrivateKey
    certificate: x509.Certificate

    def issue(
        self,
        names: Sequence[tuple[x509.ObjectIdentifier, str]],
        holder: Any,
        *,
        starts: int = NOW - DAY,
        ends: int = NOW + 30 * DAY,
        extensions: Sequence[Extension] = (),
    ) -> x509.Certificate:
        """A certificate of a private key."""
        builder = _builder(_name(names), self.certificate.subject, holder, (starts, ends), extensions)
        return builder.sign(self.key, hashes.SHA256())

    def pair(self, peer_id: str = PROVIDER, kind: str = "p256", **options: Any) -> KeyPair:
        """A key pair of a peer, directly under this authority."""
        holder = key(kind, options.pop("number", 0))
        return KeyPair(holder, (self.issue(subject(peer_id), holder, **options),))

    def below(self, name: str, *, extensions: Sequence[Extension] | None = None, **options: Any) -> Authority:
        """An authority that this one vouches for."""
        holder = ec.generate_private_key(ec.SECP256R1())
        flags = [(x509.BasicConstraints(ca=True, path_length=None), True)] if extensions is None else extensions
        names = [(NameOID.COMMON_NAME, name)]
        return Authority(holder, self.issue(names, holder, extensions=flags, **options))


def root(name: str = "Group root", kind: str = "p256", *, path_length: int | None = None) -> Authority:
    """A trust anchor."""
    holder = key(kind, 1000) if kind.startswith("rsa") else ec.generate_private_key(ec.SECP256R1())
    names = _name([(NameOID.COMMON_NAME, name)])
    flags = [(x509.BasicConstraints(ca=True, path_length=path_length), True)]
    builder = _builder(names, names, holder, (NOW - DAY, NOW + 3650 * DAY), flags)
    return Authority(holder, builder.sign(holder, hashes.SHA256()))


def key_usage(*names: str) -> x509.KeyUsage:
    """Key usage with just these flags."""
    return x509.KeyUsage(**{flag: flag in names for flag in _USES})


def signed_with_sha1(issuer: Authority, certificate: x509.Certificate) -> x509.Certificate:
    """The same certificate, rightly signed by an RSA authority with SHA-1, which no library still makes."""
    assert isinstance(issuer.key, rsa.RSAPrivateKey)
    weak = certificate.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    signature = issuer.key.sign(weak, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - what is refused
    der = certificate.public_bytes(Encoding.DER).replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    return x509.load_der_x509_certificate(der[: -len(signature)] + signature)


def _name(pairs: Sequence[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def _builder(
    name: x509.Name, issuer: x509.Name, holder: Any, period: tuple[int, int], extensions: Sequence[Extension]
) -> x509.CertificateBuilder:
    starts, ends = (datetime.datetime.fromtimestamp(moment, datetime.UTC) for moment in period)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(holder.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder


def connection(*, delegator: str | None = None, publisher: str | None = None, **changes: Any) -> dict[str, Any]:
    """Data of a connection grant; delegated when `delegator` is given, to a delegated service when `publisher` is."""
    service = {"type": "SERVICE_TYPE_SERVICE", "peer_id": PROVIDER, "name": "parkeren"}
    if publisher:
        service |= {"type": "SERVICE_TYPE_DELEGATED_SERVICE", "delegator": {"peer_id": publisher}}
    identification = {"type": "OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT", "public_key_thumbprint": THUMBPRINT}
    data = {"outway": {"peer_id": CONSUMER, "identification": identification}, "service": service}
    if delegator:
        return {
            "type": "GRANT_TYPE_DELEGATED_SERVICE_CONNECTION",
            **data,
            "delegator": {"peer_id": delegator},
        } | changes
    return {"type": "GRANT_TYPE_SERVICE_CONNECTION", **data} | changes


def publication(*, delegator: str | None = None, **changes: Any) -> dict[str, Any]:
    """Data of a publication grant; delegated when `delegator` is given."""
    service = {"peer_id": PROVIDER, "name": "parkeren", "protocol": "PROTOCOL_TCP_HTTP_1.1"}
    data = {"directory": {"peer_id": DIRECTORY}, "service": service}
    if delegator:
        return {
            "type": "GRANT_TYPE_DELEGATED_SERVICE_PUBLICATION",
            **data,
            "delegator": {"peer_id": delegator},
        } | changes
    return {"type": "GRANT_TYPE_SERVICE_PUBLICATION", **data} | changes


def content(*grants: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Content of a contract as JSON, with these grants' data, or one connection."""
    return {
        "fsc_version": "2.0.0",
        "iv": "06338364-8305-4b74-8000-de4963503139",
        "group_id": GROUP,
        "validity": {"not_before": NOW, "not_after": NOW + 10 * DAY},
        "grants": [{"data": grant} for grant in grants or (connection(),)],
        "hash_algorithm": "HASH_ALGORITHM_SHA3_512",
        "created_at": NOW,
    } | changes
