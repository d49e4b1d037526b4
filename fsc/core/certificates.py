"""X.509 certificates of a Group: key pairs, thumbprints, names, chains (FSC Core 4.1.5, 4.1.6; RFC 5280)."""

from __future__ import annotations

import base64
import datetime
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import verification

if TYPE_CHECKING:
    from collections.abc import Sequence

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

MAX_INTERMEDIATES: Final = 8
_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"
_MIN_RSA_BITS: Final = 2048
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


class CertificateError(ValueError):
    """A certificate or key that cannot be used; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key and the certificates that vouch for its public half.

    Attributes:
        key: RSA, or EC on P-256, P-384 or P-521.
        chain: the key's own certificate, then each issuer's, without the root.
    """

    key: PrivateKey
    chain: tuple[x509.Certificate, ...]

    @classmethod
    def load(cls, cert_file: Path, key_file: Path) -> KeyPair:
        """Reads a key pair from two PEM files.

        Raises:
            CertificateError: a file is missing or unreadable, or the two do not belong together.
        """
        try:
            return cls.from_pem(Path(cert_file).read_bytes(), Path(key_file).read_bytes())
        except OSError as error:
            raise CertificateError(f"{error.filename}: {error.strerror}.") from None
        except CertificateError as error:
            raise CertificateError(f"{cert_file}, {key_file}: {error}") from None

    @classmethod
    def from_pem(cls, certificates: bytes, key: bytes) -> KeyPair:
        """Reads a key pair from a chain (the key's own certificate first) and a private key without password.

        Raises:
            CertificateError: one of them cannot be read or used, or they do not belong together.
        """
        chain = read_pem(certificates)
        private = _read_key(key)
        if private.public_key() != usable_public_key(chain[0]):
            raise CertificateError("The first certificate is not of this private key.")
        issuers = tuple(certificate for certificate in chain[1:] if certificate.subject != certificate.issuer)
        return cls(private, (chain[0], *issuers))

    @property
    def certificate(self) -> x509.Certificate:
        """The key's own certificate."""
        return self.chain[0]

    @property
    def thumbprint(self) -> str:
        """Thumbprint of the key's own certificate, as in `x5t#S256`."""
        return certificate_thumbprint(self.certificate)


def read_pem(data: bytes) -> tuple[x509.Certificate, ...]:
    """Reads one or more certificates in PEM.

    Raises:
        CertificateError: there is none, or one cannot be read.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(data))
    except ValueError:
        raise CertificateError("There is no certificate in PEM that can be read.") from None


def read_der(data: bytes) -> x509.Certificate:
    """Reads one certificate in DER.

    Raises:
        CertificateError: it cannot be read.
    """
    try:
        return x509.load_der_x509_certificate(data)
    except ValueError:
        raise CertificateError("The certificate is no DER that can be read.") from None


def certificate_thumbprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER certificate, in base64url without padding (RFC 7515, 4.1.8; RFC 8705, 3.1)."""
    return base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()


def public_key_thumbprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER SubjectPublicKeyInfo, in lower-case hexadecimal (FSC Core 4.1.6.2)."""
    key = certificate.public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def usable_public_key(certificate: x509.Certificate) -> PublicKey:
    """The public key of a certificate, when it is of a kind that signs in a Group.

    Raises:
        CertificateError: it is neither RSA of 2048 bits or more nor EC on P-256, P-384 or P-521.
    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("The certificate's public key cannot be read.") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MIN_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    raise CertificateError("The certificate's key must be RSA of at least 2048 bits, or EC on P-256, P-384 or P-521.")


def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """DNS names (in lower case) and IP addresses of the Subject Alternative Name; empty when there is none."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    dns = [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]
    return (*dns, *(str(address) for address in extension.value.get_values_for_type(x509.IPAddress)))


def has_name(certificate: x509.Certificate, name: str) -> bool:
    """Whether a certificate is of a DNS name or IP address; `*` may stand for the first label (RFC 6125, 6.4.3)."""
    wanted = name.lower().removesuffix(".")
    _, _, parent = wanted.partition(".")
    present = names(certificate)
    return wanted in present or ("." in parent and f"*.{parent}" in present)


def expires_at(certificate: x509.Certificate) -> int:
    """Last Unix second in which a certificate is valid."""
    return int(certificate.not_valid_after_utc.timestamp())


def verify_chain(
    leaf: x509.Certificate, intermediates: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate], now: int
) -> tuple[x509.Certificate, ...]:
    """Checks that a certificate was issued under one of the Group's trust anchors.

    Every certificate must be within its time, signed with SHA-2, and every issuer an authority that may sign
    certificates, with its path length kept (RFC 5280, 6). The names in it and its extended key usage are not looked at.

    Args:
        leaf: the certificate in question.
        intermediates: what may lie between, in any order.
        anchors: the Group's trust anchors.
        now: Unix seconds.

    Returns:
        The chain from the leaf to the anchor, both included.

    Raises:
        CertificateError: no chain holds.
    """
    if not anchors or len(intermediates) > MAX_INTERMEDIATES:
        raise CertificateError(
            f"There must be a trust anchor, and at most {MAX_INTERMEDIATES} intermediate certificates."
        )
    usable_public_key(leaf)
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    _check_period(leaf, moment)
    try:
        verifier = _policies().store(verification.Store(list(anchors))).time(moment).build_client_verifier()
        return tuple(verifier.verify(leaf, list(intermediates)).chain)
    except (verification.VerificationError, ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"The certificate is not trusted: {_reason(error)}.") from None


def _check_period(certificate: x509.Certificate, moment: datetime.datetime) -> None:
    if moment < certificate.not_valid_before_utc:
        raise CertificateError(f"The certificate is not valid before {certificate.not_valid_before_utc:{_MOMENT}}.")
    if moment > certificate.not_valid_after_utc:
        raise CertificateError(f"The certificate expired at {certificate.not_valid_after_utc:{_MOMENT}}.")


def _reason(error: Exception) -> str:
    """What the library says, without the names of its inner parts."""
    text = str(error).partition(" (encountered processing")[0]
    if "no interior errors" in text:
        return "no trust anchor of the Group vouches for its issuer"
    return text.rpartition("ValueError: ")[2].removeprefix("validation failed: ").removeprefix("candidates exhausted: ")


def _policies() -> verification.PolicyBuilder:
    authority = (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, _is_authority)
        .may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign_certificates)
    )
    holder = (
        verification.ExtensionPolicy.permit_all()
        .may_be_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, _is_no_authority)
        .may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign)
    )
    return verification.PolicyBuilder().extension_policies(ca_policy=authority, ee_policy=holder)


def _is_authority(_: verification.Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("an issuer is no certificate authority")


def _may_sign_certificates(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an issuer's key may not sign certificates")


def _is_no_authority(_: verification.Policy, __: x509.Certificate, constraints: x509.BasicConstraints | None) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("it is of a certificate authority")


def _may_sign(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.digital_signature:
        raise ValueError("its key may not make digital signatures")


def _read_key(data: bytes) -> PrivateKey:
    try:
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CertificateError("The private key is no PEM that can be read (it may have no password).") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CertificateError("The private key must be RSA or EC.")
    return key
