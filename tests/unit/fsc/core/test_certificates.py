from __future__ import annotations

import base64
import hashlib
import ipaddress
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from support.fsc_core import DAY, KEYS, NOW, PROVIDER, Authority, key, key_usage, root, signed_with_sha1, subject

from wegennet.fsc.core.certificates import (
    CertificateError,
    KeyPair,
    certificate_thumbprint,
    expires_at,
    has_name,
    names,
    public_key_thumbprint,
    read_der,
    read_pem,
    verify_chain,
)

if TYPE_CHECKING:
    from pathlib import Path

CA = x509.BasicConstraints(ca=True, path_length=None)
NO_CA = x509.BasicConstraints(ca=False, path_length=None)


@pytest.fixture(scope="module")
def anchor() -> Authority:
    return root()


def _leaf(authority: Authority, kind: str = "p256", **options: Any) -> x509.Certificate:
    return authority.issue(subject(PROVIDER), key(kind), **options)


def _verify(leaf: x509.Certificate, *chain: x509.Certificate, now: int = NOW) -> tuple[x509.Certificate, ...]:
    return verify_chain(leaf, chain[:-1], chain[-1:], now)


def _pem(pair: KeyPair, **options: Any) -> tuple[bytes, bytes]:
    encryption = options.get("encryption", NoEncryption())
    certificates = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in pair.chain)
    return certificates, pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize("kind", KEYS)
def test_certificate_of_every_kind_of_key_is_trusted(anchor: Authority, kind: str) -> None:
    leaf = _leaf(anchor, kind)
    assert _verify(leaf, anchor.certificate) == (leaf, anchor.certificate)


def test_chain_through_two_authorities_is_given_from_leaf_to_anchor(anchor: Authority) -> None:
    upper = anchor.below("upper")
    lower = upper.below("lower")
    leaf = _leaf(lower)
    chain = verify_chain(leaf, [upper.certificate, lower.certificate], [anchor.certificate], NOW)
    assert chain == (leaf, lower.certificate, upper.certificate, anchor.certificate)


def test_one_of_several_anchors_is_enough(anchor: Authority) -> None:
    anchors = [root("other").certificate, anchor.certificate]
    assert verify_chain(_leaf(anchor), [], anchors, NOW)[-1] == anchor.certificate


def test_rsa_authority_is_trusted() -> None:
    strong = root("RSA root", "rsa2048")
    assert len(_verify(_leaf(strong), strong.certificate)) == 2


@pytest.mark.parametrize("usages", [[ExtendedKeyUsageOID.SERVER_AUTH], [ExtendedKeyUsageOID.CLIENT_AUTH]])
def test_extended_key_usage_makes_no_difference(anchor: Authority, usages: list[x509.ObjectIdentifier]) -> None:
    leaf = _leaf(anchor, extensions=[(x509.ExtendedKeyUsage(usages), False)])
    assert len(_verify(leaf, anchor.certificate)) == 2


def test_certificate_of_another_authority_is_refused(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="no trust anchor of the Group vouches"):
        _verify(_leaf(root("other")), anchor.certificate)


def test_certificate_of_an_authority_of_the_same_name_is_refused(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(_leaf(root()), anchor.certificate)


def test_missing_intermediate_is_refused(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(_leaf(anchor.below("lower")), anchor.certificate)


def test_certificate_signed_by_itself_is_refused(anchor: Authority) -> None:
    alone = Authority(key("p256", 7), _leaf(root()))
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(alone.issue(subject(PROVIDER), key("p256", 7)), anchor.certificate)


def test_expired_certificate_is_refused(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="expired at 2025-12-31T23:59:59Z"):
        _verify(_leaf(anchor, ends=NOW - 1), anchor.certificate)


def test_certificate_is_trusted_in_its_last_second(anchor: Authority) -> None:
    assert _verify(_leaf(anchor, ends=NOW), anchor.certificate)


def test_certificate_of_the_future_is_refused(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="not valid before 2026-01-01T00:00:01Z"):
        _verify(_leaf(anchor, starts=NOW + 1), anchor.certificate)


def test_expired_intermediate_is_refused(anchor: Authority) -> None:
    lower = anchor.below("lower", ends=NOW - 1)
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(_leaf(lower), lower.certificate, anchor.certificate)


def test_expired_anchor_is_refused(anchor: Authority) -> None:
    late = NOW + 3651 * DAY
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(_leaf(anchor, ends=late + DAY), anchor.certificate, now=late)


@pytest.mark.parametrize(
    "extensions",
    [
        [],
        [(NO_CA, True)],
        [(CA, True), (key_usage("digital_signature"), True)],
        [(CA, True), (key_usage("crl_sign"), True)],
    ],
)
def test_intermediate_that_may_not_issue_is_refused(anchor: Authority, extensions: Any) -> None:
    lower = anchor.below("lower", extensions=extensions)
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(_leaf(lower), lower.certificate, anchor.certificate)


def test_certificate_of_a_peer_issues_nothing(anchor: Authority) -> None:
    peer = Authority(key("p256"), _leaf(anchor))
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(_leaf(peer, "p384"), peer.certificate, anchor.certificate)


def test_path_length_is_kept() -> None:
    short = root(path_length=0)
    lower = short.below("lower")
    with pytest.raises(CertificateError, match="path length"):
        _verify(_leaf(lower), lower.certificate, short.certificate)


def test_certificate_of_an_authority_is_of_no_peer(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="it is of a certificate authority"):
        _verify(_leaf(anchor, extensions=[(CA, True)]), anchor.certificate)


def test_key_that_may_not_sign_is_refused(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="may not make digital signatures"):
        _verify(_leaf(anchor, extensions=[(key_usage("key_encipherment"), True)]), anchor.certificate)


def test_unknown_critical_extension_is_refused(anchor: Authority) -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    with pytest.raises(CertificateError, match="critical"):
        _verify(_leaf(anchor, extensions=[(unknown, True)]), anchor.certificate)


def test_signature_with_sha_1_is_refused() -> None:
    strong = root("RSA root", "rsa2048")
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(signed_with_sha1(strong, _leaf(strong)), strong.certificate)


@pytest.mark.parametrize("kind", ["rsa1024", "p224"])
def test_weak_key_is_refused(anchor: Authority, kind: str) -> None:
    with pytest.raises(CertificateError, match="must be RSA of at least 2048 bits"):
        _verify(_leaf(anchor, kind), anchor.certificate)


def test_key_of_another_kind_is_refused(anchor: Authority) -> None:
    leaf = anchor.issue(subject(PROVIDER), ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(CertificateError, match="must be RSA"):
        _verify(leaf, anchor.certificate)


def test_name_outside_the_authority_is_refused(anchor: Authority) -> None:
    only = x509.NameConstraints([x509.DNSName("example.nl")], None)
    lower = anchor.below("lower", extensions=[(CA, True), (only, True)])
    outside = x509.SubjectAlternativeName([x509.DNSName("manager.example.com")])
    with pytest.raises(CertificateError, match="not trusted"):
        _verify(_leaf(lower, extensions=[(outside, False)]), lower.certificate, anchor.certificate)


def test_altered_certificate_is_refused(anchor: Authority) -> None:
    der = bytearray(_leaf(anchor).public_bytes(Encoding.DER))
    der[-1] ^= 1
    with pytest.raises(CertificateError):
        _verify(read_der(bytes(der)), anchor.certificate)


def test_without_anchors_nothing_is_trusted(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="trust anchor"):
        verify_chain(_leaf(anchor), [anchor.certificate], [], NOW)


def test_too_many_intermediates_are_refused(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="at most 8"):
        verify_chain(_leaf(anchor), [anchor.certificate] * 9, [anchor.certificate], NOW)


def test_certificate_thumbprint_is_base64url_of_the_whole_certificate(anchor: Authority) -> None:
    leaf = _leaf(anchor)
    digest = hashlib.sha256(leaf.public_bytes(Encoding.DER)).digest()
    assert certificate_thumbprint(leaf) == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_public_key_thumbprint_is_hexadecimal_of_the_key(anchor: Authority) -> None:
    leaf = _leaf(anchor)
    spki = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public_key_thumbprint(leaf) == hashlib.sha256(spki).hexdigest()


def test_public_key_thumbprint_survives_a_renewal(anchor: Authority) -> None:
    assert public_key_thumbprint(_leaf(anchor)) == public_key_thumbprint(_leaf(anchor, ends=NOW + 99 * DAY))


def test_certificate_thumbprint_does_not_survive_a_renewal(anchor: Authority) -> None:
    assert certificate_thumbprint(_leaf(anchor)) != certificate_thumbprint(_leaf(anchor, ends=NOW + 99 * DAY))


def test_last_second_of_a_certificate_is_told(anchor: Authority) -> None:
    assert expires_at(_leaf(anchor, ends=NOW + 5)) == NOW + 5


@pytest.fixture(scope="module")
def named(anchor: Authority) -> x509.Certificate:
    general = [
        x509.DNSName("Outway.Example.nl"),
        x509.DNSName("*.wild.example.nl"),
        x509.DNSName("*.nl"),
        x509.IPAddress(ipaddress.ip_address("127.1.2.3")),
        x509.IPAddress(ipaddress.ip_address("::1")),
        x509.UniformResourceIdentifier("https://uri.example.nl"),
    ]
    return _leaf(anchor, extensions=[(x509.SubjectAlternativeName(general), False)])


def test_names_are_dns_names_and_addresses(named: x509.Certificate) -> None:
    assert names(named) == ("outway.example.nl", "*.wild.example.nl", "*.nl", "127.1.2.3", "::1")


def test_common_name_is_no_name_of_a_host(anchor: Authority) -> None:
    assert names(anchor.issue([(NameOID.COMMON_NAME, "outway.example.nl")], key("p256"))) == ()


@pytest.mark.parametrize(
    "name", ["outway.example.nl", "OUTWAY.example.NL", "outway.example.nl.", "a.wild.example.nl", "::1"]
)
def test_name_of_a_certificate_matches(named: x509.Certificate, name: str) -> None:
    assert has_name(named, name)


@pytest.mark.parametrize(
    "name",
    [
        "example.nl",
        "x.outway.example.nl",
        "wild.example.nl",
        "a.b.wild.example.nl",
        "127.1.2.4",
        "",
        ".",
        "uri.example.nl",
    ],
)
def test_other_name_does_not_match(named: x509.Certificate, name: str) -> None:
    assert not has_name(named, name)


@pytest.mark.parametrize("kind", KEYS)
def test_key_pair_is_read_from_files(anchor: Authority, tmp_path: Path, kind: str) -> None:
    certificates, private = _pem(anchor.pair(kind=kind))
    (tmp_path / "cert.pem").write_bytes(certificates)
    (tmp_path / "key.pem").write_bytes(private)
    assert KeyPair.load(tmp_path / "cert.pem", tmp_path / "key.pem").certificate == read_pem(certificates)[0]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"cert\.pem: No such file"):
        KeyPair.load(tmp_path / "cert.pem", tmp_path / "key.pem")


def test_files_that_do_not_belong_together_are_named(anchor: Authority, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_bytes(_pem(anchor.pair())[0])
    (tmp_path / "key.pem").write_bytes(_pem(anchor.pair(number=1))[1])
    with pytest.raises(CertificateError, match=r"key\.pem: The first certificate is not of this private key"):
        KeyPair.load(tmp_path / "cert.pem", tmp_path / "key.pem")


def test_key_pair_keeps_intermediates_and_leaves_the_root_out(anchor: Authority) -> None:
    lower = anchor.below("lower")
    pair = lower.pair()
    whole = KeyPair(pair.key, (pair.certificate, lower.certificate, anchor.certificate))
    assert KeyPair.from_pem(*_pem(whole)).chain == (pair.certificate, lower.certificate)


def test_thumbprint_of_a_key_pair_is_that_of_its_certificate(anchor: Authority) -> None:
    pair = anchor.pair()
    assert pair.thumbprint == certificate_thumbprint(pair.certificate)


def test_key_with_a_password_is_refused(anchor: Authority) -> None:
    with pytest.raises(CertificateError, match="no password"):
        KeyPair.from_pem(*_pem(anchor.pair(), encryption=BestAvailableEncryption(b"secret")))


@pytest.mark.parametrize("data", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(anchor: Authority, data: bytes) -> None:
    with pytest.raises(CertificateError, match="no certificate in PEM"):
        KeyPair.from_pem(data, _pem(anchor.pair())[1])


@pytest.mark.parametrize("data", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(anchor: Authority, data: bytes) -> None:
    with pytest.raises(CertificateError, match="private key is no PEM"):
        KeyPair.from_pem(_pem(anchor.pair())[0], data)


def test_key_of_another_algorithm_is_refused(anchor: Authority) -> None:
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(CertificateError, match="must be RSA or EC"):
        KeyPair.from_pem(_pem(anchor.pair())[0], other)


def test_what_is_no_der_is_refused() -> None:
    with pytest.raises(CertificateError, match="no DER"):
        read_der(b"nonsense")
