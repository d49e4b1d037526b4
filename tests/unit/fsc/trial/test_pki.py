from __future__ import annotations

import datetime
import ssl
import stat
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import DNSName, IPAddress, PolicyBuilder, Store, VerificationError

from wegennet.fsc.trial.keys import KeyType, chain_pem
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.core.certificates import KeyPair

PEER = Subject("manager", "00000099000000001000", "Gemeente Een", ("manager.een.test", "127.1.2.3"))


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root("Group root")


@pytest.fixture(scope="module")
def group(root: Authority) -> Authority:
    return root.authority("Group intermediate")


def _verify(certified: KeyPair, root: Authority, name: DNSName | IPAddress) -> None:
    verifier = PolicyBuilder().store(Store([root.anchor])).build_server_verifier(name)
    verifier.verify(certified.certificate, list(certified.chain[1:]))


def test_subject_says_the_peer(group: Authority) -> None:
    subject = group.issue(PEER).certificate.subject
    said = [subject.get_attributes_for_oid(oid)[0].value for oid in (NameOID.SERIAL_NUMBER, NameOID.ORGANIZATION_NAME)]
    assert said == ["00000099000000001000", "Gemeente Een"]


def test_chain_leads_to_the_root(root: Authority, group: Authority) -> None:
    _verify(group.issue(PEER), root, DNSName("manager.een.test"))


def test_ip_address_is_a_name_of_the_component(root: Authority, group: Authority) -> None:
    _verify(group.issue(PEER), root, IPAddress(ip_address("127.1.2.3")))


def test_chain_is_without_the_root(root: Authority, group: Authority) -> None:
    assert group.issue(PEER).chain[1:] == (group.certificate,)


def test_certificate_of_another_root_is_not_trusted(root: Authority) -> None:
    with pytest.raises(VerificationError):
        _verify(Authority.root("Other").issue(PEER), root, DNSName("manager.een.test"))


def test_expired_certificate_can_be_had(root: Authority, group: Authority) -> None:
    now = datetime.datetime.now(datetime.UTC)
    expired = group.issue(PEER, starts=now - datetime.timedelta(days=2), ends=now - datetime.timedelta(days=1))
    with pytest.raises(VerificationError):
        _verify(expired, root, DNSName("manager.een.test"))


def test_key_is_elliptic_unless_asked_otherwise(group: Authority) -> None:
    assert isinstance(group.issue(PEER).key, ec.EllipticCurvePrivateKey)


def test_rsa_key_has_3072_bits(group: Authority) -> None:
    key = group.issue(PEER, key_type=KeyType.RSA).key
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 3072


def test_renewed_certificate_can_keep_its_key(group: Authority) -> None:
    first = group.issue(PEER)
    assert group.issue(PEER, key=first.key).certificate.public_key() == first.certificate.public_key()


def test_key_file_is_ours_alone(group: Authority, tmp_path: Path) -> None:
    assert stat.S_IMODE(group.issue(PEER).store(tmp_path, "manager").key.stat().st_mode) == 0o600


def test_stored_files_serve_tls(group: Authority, tmp_path: Path) -> None:
    files = group.issue(PEER).store(tmp_path / "new", "manager")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)


def test_revocation_list_names_the_revoked(group: Authority) -> None:
    revoked = group.issue(PEER, crl_url="http://127.0.0.1/group.crl").certificate
    listed = x509.load_der_x509_crl(group.revocation_list(revoked))
    assert listed.get_revoked_certificate_by_serial_number(revoked.serial_number)


def test_revocation_list_is_signed_by_the_authority(group: Authority) -> None:
    listed = x509.load_der_x509_crl(group.revocation_list())
    assert listed.is_signature_valid(group.certificate.public_key())  # type: ignore[arg-type]


def test_stored_authority_goes_on_issuing(root: Authority, group: Authority, tmp_path: Path) -> None:
    anchor = tmp_path / "root.crt"
    anchor.write_bytes(chain_pem([root.anchor]))
    again = Authority.load(group.store(tmp_path, "authority"), anchor)
    _verify(again.issue(PEER), root, DNSName("manager.een.test"))
