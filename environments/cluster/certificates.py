"""Certificates of the cluster: its authorities, and a key pair for each component (EC P-256, X.509).

A certificate is made anew when it is missing, ends within 30 days, does not belong to the key beside it, or no longer
says what was asked for; a new authority makes all of its certificates new.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wegennet.environments.cluster.state import write_private

if TYPE_CHECKING:
    from pathlib import Path

RENEW_BEFORE = datetime.timedelta(days=30)
_AUTHORITY_LIFE = datetime.timedelta(days=3650)
_LIFE = datetime.timedelta(days=365)
_CLOCK_SKEW = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Request:
    """What one certificate has to say.

    Attributes:
        name: file name without extension.
        common_name: the user or host; Kubernetes reads it as the user's name.
        organizations: Kubernetes reads these as the user's groups.
        hosts: DNS names and IP addresses that a server answers to; empty for a client's certificate.
        authority: file name of the authority that signs.
    """

    name: str
    common_name: str
    organizations: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    authority: str = "ca"


def ensure(folder: Path, requests: list[Request], now: datetime.datetime | None = None) -> list[str]:
    """Makes what is missing or due in a folder.

    Returns:
        Names of the authorities and certificates that were made; empty when all were still right.
    """
    moment = now or datetime.datetime.now(datetime.UTC)
    made = [
        name for name in sorted({request.authority for request in requests}) if _ensure_authority(folder, name, moment)
    ]
    return made + [request.name for request in requests if _ensure_certificate(folder, request, moment)]


def ensure_key_pair(folder: Path, name: str) -> None:
    """Makes a bare key pair (`<name>.key`, `<name>.pub`) once: the service accounts' tokens are signed with it."""
    key = _load_key(folder / f"{name}.key") or ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_private(folder / f"{name}.key", _pem(key))
    write_private(folder / f"{name}.pub", public)


def _ensure_authority(folder: Path, name: str, now: datetime.datetime) -> bool:
    current = _load(folder / f"{name}.crt")
    if current is not None and _belongs_to(current, folder / f"{name}.key") and _lasts(current, now):
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"wegennet {name}")])
    builder = _builder(subject, subject, key.public_key(), now, _AUTHORITY_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    _store(folder, name, key, builder.sign(key, hashes.SHA256()))
    return True


def _ensure_certificate(folder: Path, request: Request, now: datetime.datetime) -> bool:
    authority = x509.load_pem_x509_certificate((folder / f"{request.authority}.crt").read_bytes())
    current = _load(folder / f"{request.name}.crt")
    kept = current is not None and _belongs_to(current, folder / f"{request.name}.key")
    if current is not None and kept and _fits(current, request, authority, now):
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    signer = _load_key(folder / f"{request.authority}.key")
    if signer is None:
        raise TypeError(f"{request.authority}.key is no elliptic-curve key")
    builder = _builder(_subject(request), authority.subject, key.public_key(), now, _LIFE)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(_purposes(request), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    if request.hosts:
        builder = builder.add_extension(_alternative_names(request), critical=False)
    _store(folder, request.name, key, builder.sign(signer, hashes.SHA256()))
    return True


def _fits(current: x509.Certificate, request: Request, authority: x509.Certificate, now: datetime.datetime) -> bool:
    try:
        current.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - any reason that the signature does not hold means a new certificate
        return False
    return _lasts(current, now) and current.subject == _subject(request) and _hosts(current) == _wanted_hosts(request)


def _lasts(certificate: x509.Certificate, now: datetime.datetime) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE


def _hosts(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _wanted_hosts(request: Request) -> x509.SubjectAlternativeName | None:
    return _alternative_names(request) if request.hosts else None


def _alternative_names(request: Request) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general_name(host) for host in request.hosts])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _subject(request: Request) -> x509.Name:
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in request.organizations]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, request.common_name)])


def _purposes(request: Request) -> x509.ExtendedKeyUsage:
    server = [ExtendedKeyUsageOID.SERVER_AUTH] if request.hosts else []
    return x509.ExtendedKeyUsage([*server, ExtendedKeyUsageOID.CLIENT_AUTH])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
    life: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _load(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (FileNotFoundError, TypeError, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _belongs_to(certificate: x509.Certificate, key_file: Path) -> bool:
    """Whether it says the public half of a key: a run that was killed can leave a new key beside an old certificate."""
    key = _load_key(key_file)
    return key is not None and key.public_key() == certificate.public_key()


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _store(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    write_private(folder / f"{name}.key", _pem(key))
    write_private(folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))
