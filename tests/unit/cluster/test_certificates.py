from __future__ import annotations

import datetime
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from wegennet.environments.cluster import certificates
from wegennet.environments.cluster.certificates import Request

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
SERVER = Request("server", "server", hosts=("localhost", "10.0.0.1"))
CLIENT = Request("client", "system:node:real", ("system:nodes",))


def load(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


def test_second_run_makes_nothing(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, [SERVER, CLIENT], NOW)
    assert certificates.ensure(tmp_path, [SERVER, CLIENT], NOW) == []


def test_certificate_is_issued_by_the_authority(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, [SERVER], NOW)
    load(tmp_path, "server").verify_directly_issued_by(load(tmp_path, "ca"))


def test_user_and_group_are_in_the_subject(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, [CLIENT], NOW)
    assert load(tmp_path, "client").subject.rfc4514_string() == "CN=system:node:real,O=system:nodes"


def test_server_answers_to_names_and_addresses(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, [SERVER], NOW)
    names = load(tmp_path, "server").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]


@pytest.mark.parametrize(("days_left", "made"), [(31, []), (29, ["client"])])
def test_certificate_is_renewed_within_thirty_days_of_its_end(tmp_path: Path, days_left: int, made: list[str]) -> None:
    certificates.ensure(tmp_path, [CLIENT], NOW)
    later = load(tmp_path, "client").not_valid_after_utc - datetime.timedelta(days=days_left)
    assert certificates.ensure(tmp_path, [CLIENT], later) == made


def test_other_wish_makes_the_certificate_anew(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, [SERVER, CLIENT], NOW)
    moved = Request("server", "server", hosts=("localhost", "10.0.0.2"))
    assert certificates.ensure(tmp_path, [moved, CLIENT], NOW) == ["server"]


def test_new_authority_makes_all_its_certificates_anew(tmp_path: Path) -> None:
    other = Request("proxy", "proxy", authority="front-ca")
    certificates.ensure(tmp_path, [SERVER, other], NOW)
    (tmp_path / "ca.crt").unlink()
    assert certificates.ensure(tmp_path, [SERVER, other], NOW) == ["ca", "server"]


def test_damaged_certificate_is_made_anew(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, [CLIENT], NOW)
    (tmp_path / "client.crt").write_text("half of a cert")
    assert certificates.ensure(tmp_path, [CLIENT], NOW) == ["client"]


@pytest.mark.parametrize("name", ["ca", "client"])
def test_certificate_of_another_key_is_made_anew(tmp_path: Path, name: str) -> None:
    certificates.ensure(tmp_path, [CLIENT], NOW)
    certificates.ensure_key_pair(tmp_path, "other")
    (tmp_path / f"{name}.key").write_bytes((tmp_path / "other.key").read_bytes())
    assert certificates.ensure(tmp_path, [CLIENT], NOW)[0] == name
    assert certificates.ensure(tmp_path, [CLIENT], NOW) == []


@pytest.mark.parametrize("name", ["ca", "client"])
def test_certificate_of_a_damaged_key_is_made_anew(tmp_path: Path, name: str) -> None:
    certificates.ensure(tmp_path, [CLIENT], NOW)
    (tmp_path / f"{name}.key").write_text("half of a key")
    assert certificates.ensure(tmp_path, [CLIENT], NOW)[0] == name
    assert certificates.ensure(tmp_path, [CLIENT], NOW) == []


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, [CLIENT], NOW)
    assert stat.S_IMODE((tmp_path / "client.key").stat().st_mode) == 0o600


def test_key_pair_of_service_accounts_is_kept(tmp_path: Path) -> None:
    certificates.ensure_key_pair(tmp_path, "service-accounts")
    before = (tmp_path / "service-accounts.key").read_bytes()
    certificates.ensure_key_pair(tmp_path, "service-accounts")
    assert (tmp_path / "service-accounts.key").read_bytes() == before


def test_public_half_of_another_key_pair_is_mended(tmp_path: Path) -> None:
    """The tokens that the private half signed stay good."""
    for name in ("service-accounts", "other"):
        certificates.ensure_key_pair(tmp_path, name)
    before = {half: (tmp_path / f"service-accounts.{half}").read_bytes() for half in ("key", "pub")}
    (tmp_path / "service-accounts.pub").write_bytes((tmp_path / "other.pub").read_bytes())
    certificates.ensure_key_pair(tmp_path, "service-accounts")
    assert {half: (tmp_path / f"service-accounts.{half}").read_bytes() for half in ("key", "pub")} == before
