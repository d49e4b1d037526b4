"""Certificate revocation lists (RFC 5280, sections 5 and 6.3): what one must be before its word counts. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID

if TYPE_CHECKING:
    from datetime import datetime

_CLOCKS: Final = timedelta(minutes=1)
_HASHES: Final = ("sha256", "sha384", "sha512")
_UNDERSTOOD: Final = (ExtensionOID.ISSUING_DISTRIBUTION_POINT,)


class CrlError(Exception):
    """A list whose word does not count; the message is the second half of a sentence."""


def parse_crl(data: bytes) -> x509.CertificateRevocationList:
    """A list in DER or PEM.

    Raises:
        CrlError: it is neither.
    """
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_crl(data)
        return x509.load_der_x509_crl(data)
    except ValueError:
        raise CrlError("is no revocation list") from None


def check_time(crl: x509.CertificateRevocationList, now: datetime) -> None:
    """Checks that a list is for now.

    Raises:
        CrlError: it is not.
    """
    if crl.last_update_utc > now + _CLOCKS:
        raise CrlError("is of the future")
    if crl.next_update_utc is None or crl.next_update_utc <= now:
        raise CrlError("is out of date")


def check_issuer(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    """Checks that a list is of `issuer`, and says nothing that is not understood here.

    Raises:
        CrlError: it is not.
    """
    _check_signature(crl, issuer)
    # Also a list of changes to another list (delta) has a critical extension that is not known here.
    for extension in crl.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise CrlError(f"has the critical extension {extension.oid.dotted_string}, which is not known here")


def covers(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """Whether a list is about certificates like this one, for every reason (RFC 5280, 5.2.5)."""
    try:
        point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
        return False
    return not (point.only_contains_user_certs if _is_ca(certificate) else point.only_contains_ca_certs)


def distribution_points(certificate: x509.Certificate) -> list[str]:
    """The http addresses at which the list for a certificate is; those of another issuer's list are left out."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    names = [name for point in points if not point.crl_issuer and not point.reasons for name in point.full_name or ()]
    urls = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    return [url for url in urls if url.startswith("http://")]


def _check_signature(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    if crl.issuer != issuer.subject:
        raise CrlError("is of another issuer")
    if not _may_sign(issuer):
        raise CrlError("is signed by a certificate that may not sign lists")
    try:
        strong = crl.signature_hash_algorithm is not None and crl.signature_hash_algorithm.name in _HASHES
        valid = strong and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        valid = False
    if not valid:
        raise CrlError("has no valid signature of the issuer")


def _may_sign(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
