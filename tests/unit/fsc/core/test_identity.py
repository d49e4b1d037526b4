from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.x509.oid import NameOID
from support.fsc_core import PROVIDER, Authority, key, root, subject

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.identity import Peer, identify

if TYPE_CHECKING:
    from cryptography import x509

ANCHOR: Authority = root()


def _certificate(names: list[tuple[x509.ObjectIdentifier, str]]) -> x509.Certificate:
    return ANCHOR.issue(names, key("p256"))


def test_peer_is_serial_number_and_organization() -> None:
    assert identify(_certificate(subject(PROVIDER, "Gemeente Één"))) == Peer(PROVIDER, "Gemeente Één")


def test_other_parts_of_the_subject_make_no_difference() -> None:
    names = [*subject(PROVIDER), (NameOID.COMMON_NAME, "inway.example.nl"), (NameOID.COUNTRY_NAME, "NL")]
    assert identify(_certificate(names)).id == PROVIDER


@pytest.mark.parametrize(
    "peer_id",
    [PROVIDER[:-1], PROVIDER + "0", "0000009900000000200a", " " + PROVIDER[1:], "OIN:" + PROVIDER[4:]],
)
def test_serial_number_that_is_no_oin_is_refused(peer_id: str) -> None:
    with pytest.raises(FscError, match="OIN of 20 digits") as caught:
        identify(_certificate(subject(peer_id)))
    assert (caught.value.code, caught.value.status) == (ErrorCode.PEER_CERTIFICATE_VERIFICATION_FAILED, 400)


@pytest.mark.parametrize("name", ["AB", " \u200b\u200b", "a\x00bc", "Gemeente\nEen"])
def test_organization_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(FscError, match="printable characters"):
        identify(_certificate(subject(PROVIDER, name)))


@pytest.mark.parametrize("missing", [0, 1])
def test_subject_without_a_part_is_refused(missing: int) -> None:
    names = subject(PROVIDER)
    del names[missing]
    with pytest.raises(FscError, match="and has 0"):
        identify(_certificate(names))


@pytest.mark.parametrize("twice", [0, 1])
def test_subject_with_a_part_twice_is_refused(twice: int) -> None:
    names = subject(PROVIDER)
    with pytest.raises(FscError, match="and has 2"):
        identify(_certificate([*names, names[twice]]))
