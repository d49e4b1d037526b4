"""A throw-away public key infrastructure: authorities, and certificates as components of a peer have them.

Tests make odd certificates with it as well: expired ones, of another authority, with a wrong peer in the subject.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wegennet.fsc.trial.keys import Certified, KeyType, new_key

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.core.certificates import PrivateKey
    from wegennet.fsc.trial.keys import Files

_AUTHORITY_LIFE = datetime.timedelta(days=3650)
_LIFE = datetime.timedelta(days=825)
_CLOCK_SKEW = datetime.timedelta(minutes=5)
_CRL_LIFE = datetime.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate is of, by the rules of our groups.

    Attributes:
        common_name: for people.
        peer_id: the OIN, as subject serialNumber; none for an internal certificate.
        peer_name: as subject O.
        hosts: DNS names and IP addresses that it answers to.
    """

    common_name: str
    peer_id: str | None = None
    peer_name: str | None = None
    hosts: tuple[str, ...] = ()


class Authority:
    """An authority that issues certificates; made by `root`, and `authority` for one below it."""

    def __init__(self, key: PrivateKey, chain: tuple[x509.Certificate, ...], anchor: x509.Certificate) -> None:
        self._key = key
        self._chain = chain
        self.anchor = anchor
        """The root's certificate."""

    @classmethod
    def root(cls, name: str, key_type: KeyType = KeyType.EC) -> Authority:
        """An authority that nobody stands above."""
        key, subject = new_key(key_type), _name(Subject(name))
        certificate = _authority(subject, subject, key.public_key(), key, path_length=1)
        return cls(key, (), certificate)

    @property
    def certificate(self) -> x509.Certificate:
        """Its own certificate."""
        return self._chain[0] if self._chain else self.anchor

    @classmethod
    def load(cls, files: Files, anchor: Path) -> Authority:
        """An authority below the root of `anchor` that was stored before."""
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise TypeError(f"{files.key} is no key of ours")
        chain = x509.load_pem_x509_certificates(files.certificate.read_bytes())
        return cls(key, tuple(chain), x509.load_pem_x509_certificate(anchor.read_bytes()))

    def store(self, folder: Path, name: str) -> Files:
        """Writes its chain and its key, as those of a component are written."""
        return Certified(self._key, self._chain or (self.anchor,)).store(folder, name)

    def authority(self, name: str, key_type: KeyType = KeyType.EC, *, crl_url: str | None = None) -> Authority:
        """An authority below this one; `crl_url` is where the list of what was revoked can be had."""
        key = new_key(key_type)
        subject, issuer = _name(Subject(name)), self.certificate.subject
        certificate = _authority(subject, issuer, key.public_key(), self._key, path_length=0, crl_url=crl_url)
        return Authority(key, (certificate, *self._chain), self.anchor)

    def issue(
        self,
        subject: Subject,
        *,
        key: PrivateKey | None = None,
        key_type: KeyType = KeyType.EC,
        starts: datetime.datetime | None = None,
        ends: datetime.datetime | None = None,
        crl_url: str | None = None,
    ) -> Certified:
        """A certificate for a component, which is server and client at once.

        Args:
            subject: whom it is of.
            key: to keep a key when a certificate is renewed; a new one without it.
            key_type: of a new key.
            starts: five minutes ago unless given.
            ends: in 825 days unless given.
            crl_url: where the list of what was revoked can be had.
        """
        key = key or new_key(key_type)
        now = datetime.datetime.now(datetime.UTC)
        builder = _builder(_name(subject), self.certificate.subject, key.public_key(), self._key)
        builder = builder.not_valid_before(starts or now - _CLOCK_SKEW).not_valid_after(ends or now + _LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(_PURPOSES, critical=False)
        if subject.hosts:
            names = x509.SubjectAlternativeName([general_name(host) for host in subject.hosts])
            builder = builder.add_extension(names, critical=False)
        if crl_url:
            builder = builder.add_extension(_distribution_point(crl_url), critical=False)
        return Certified(key, (builder.sign(self._key, hashes.SHA256()), *self._chain))

    def revocation_list(self, *revoked: x509.Certificate, ends: datetime.datetime | None = None) -> bytes:
        """The list of certificates that it revoked, as DER; it is to be had anew at `ends`, in a week unless given."""
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now - _CLOCK_SKEW).next_update(ends or now + _CRL_LIFE)
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(now).build())
        signed = builder.add_extension(_issuer_key(self._key), critical=False).sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)


def general_name(host: str) -> x509.GeneralName:
    """A DNS name or an IP address as a certificate says it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(subject: Subject) -> x509.Name:
    parts = (
        (NameOID.ORGANIZATION_NAME, subject.peer_name),
        (NameOID.SERIAL_NUMBER, subject.peer_id),
        (NameOID.COMMON_NAME, subject.common_name),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def _authority(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    signer: PrivateKey,
    *,
    path_length: int,
    crl_url: str | None = None,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = _builder(subject, issuer, public_key, signer)
    builder = builder.not_valid_before(now - _CLOCK_SKEW).not_valid_after(now + _AUTHORITY_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    if crl_url:
        builder = builder.add_extension(_distribution_point(crl_url), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    signer: PrivateKey,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_issuer_key(signer), critical=False)
    )


def _issuer_key(signer: PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())


_PURPOSES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])


def _distribution_point(url: str) -> x509.CRLDistributionPoints:
    name = x509.UniformResourceIdentifier(url)
    return x509.CRLDistributionPoints([x509.DistributionPoint([name], None, None, None)])


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
