"""Certificates that are not of the group, or not of the peer that they should be of."""

from __future__ import annotations

import datetime
import re
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.fsc import contracts, forged
from support.fsc.agreed import agreed
from support.fsc.client import Client
from support.fsc.outsider import ACCEPT
from support.fsc.signing import payload
from support.waiting import eventually

from wegennet.fsc.core import signatures
from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant

    from wegennet.fsc.trial.keys import Certified

NO_CONNECTION = re.compile(
    "alert|reset|closed|no answer|eof|verify failed|protocol|version|handshake|cipher", re.IGNORECASE
)
DAY = datetime.timedelta(days=1)


def _client(url: str, outsider: Outsider, pair: Certified | None, folder: Path) -> Client:
    return Client(url, outsider.anchor, pair.store(folder, "client") if pair else None)


def _subject(outsider: Outsider, **changes: Any) -> Subject:
    members = {"common_name": "x.test", "peer_id": outsider.id, "peer_name": outsider.name, "hosts": ("x.test",)}
    return Subject(**(members | changes))


def _expired(authority: Authority, subject: Subject) -> KeyPair:
    now = datetime.datetime.now(datetime.UTC)
    return authority.issue(subject, starts=now - 2 * DAY, ends=now - DAY)


@pytest.fixture(params=["manager_address", "inway_address"])
def address(request: pytest.FixtureRequest, provider: Participant) -> str:
    """Where a peer listens for the group."""
    return str(getattr(provider, request.param))


def test_certificate_of_another_authority_gets_no_connection(address: str, outsider: Outsider, tmp_path: Path) -> None:
    pair = Authority.root("fsc.trial root").authority("fsc.trial intermediate").issue(_subject(outsider))
    with pytest.raises(OSError, match=NO_CONNECTION):
        _client(address, outsider, pair, tmp_path).get("/v1/peer")


def test_expired_certificate_gets_no_connection(
    address: str, outsider: Outsider, authority: Authority, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match=NO_CONNECTION):
        _client(address, outsider, _expired(authority, _subject(outsider)), tmp_path).get("/v1/peer")


def test_client_without_certificate_gets_no_connection(address: str, outsider: Outsider, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=NO_CONNECTION):
        _client(address, outsider, None, tmp_path).get("/v1/peer")


def test_internal_certificate_gets_no_connection_of_the_group(address: str, provider: Participant) -> None:
    internal = provider.internal
    with pytest.raises(OSError, match=NO_CONNECTION):
        Client(address, internal.anchor, internal.files).get("/v1/peer")


def test_group_certificate_gets_no_connection_to_the_internal_api(provider: Participant, outsider: Outsider) -> None:
    with pytest.raises(OSError, match=NO_CONNECTION):
        Client(provider.internal.url, provider.internal.anchor, outsider.files).get("/contracts")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_gets_no_connection(address: str, outsider: Outsider, version: ssl.TLSVersion) -> None:
    client = outsider.at(address)
    context = client.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    connection = client.connection()
    connection._context = context  # type: ignore[attr-defined]
    with pytest.raises(OSError, match=NO_CONNECTION):
        connection.connect()


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"])
def test_cipher_without_forward_secrecy_or_authentication_gets_no_connection(
    address: str, outsider: Outsider, cipher: str
) -> None:
    client = outsider.at(address)
    context = client.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    connection = client.connection()
    connection._context = context  # type: ignore[attr-defined]
    with pytest.raises(OSError, match=NO_CONNECTION):
        connection.connect()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"peer_id": None}, id="no OIN"),
        pytest.param({"peer_id": "0000009900000000100"}, id="19 digits"),
        pytest.param({"peer_id": "000000990000000010000"}, id="21 digits"),
        pytest.param({"peer_id": "0000009900000000100x"}, id="a letter"),
        pytest.param({"peer_name": None}, id="no organisation"),
    ],
)
def test_certificate_that_says_no_peer_is_refused(
    provider: Participant, outsider: Outsider, authority: Authority, tmp_path: Path, changes: dict[str, Any]
) -> None:
    client = _client(provider.manager_address, outsider, authority.issue(_subject(outsider, **changes)), tmp_path)
    answer = client.get("/v1/contracts")
    assert (answer.status, answer.code) == (400, "ERROR_CODE_PEER_CERTIFICATE_VERIFICATION_FAILED")


def _content(outsider: Outsider, provider: Participant) -> dict[str, Any]:
    grant = contracts.connection(outsider.id, outsider.outway_thumbprint, provider.id, contracts.new_name())
    return contracts.content(grant)


def _submit(outsider: Outsider, provider: Participant, content: dict[str, Any], pair: KeyPair) -> Answer:
    """The answer to a signature by a key that the outsider shows as its own; the Manager has looked at the key set.

    A Manager does not fetch a key set twice within a second.
    """
    signature = signatures.sign(pair, agreed(content).content_hash, ACCEPT, int(time.time()))
    with outsider.mailbox.showing(pair):

        def attempt() -> Answer | None:
            before = outsider.shown
            answer = outsider.submit(provider.manager_address, content, signature)
            return answer if outsider.shown > before else None

        answer = eventually(attempt)
    assert answer is not None
    return answer


def _code_for(outsider: Outsider, provider: Participant, pair: KeyPair) -> str | None:
    """The code of the refusal of a signature by a key that the outsider shows as its own."""
    content = _content(outsider, provider)
    answer = _submit(outsider, provider, content, pair)
    assert answer.status == 422
    assert provider.state(agreed(content).content_hash) is None
    return answer.code


def test_signature_by_another_certificate_of_the_peer_holds(
    outsider: Outsider, provider: Participant, authority: Authority
) -> None:
    pair = authority.issue(_subject(outsider))
    assert _submit(outsider, provider, _content(outsider, provider), pair).status == 201


def test_signature_by_a_certificate_of_another_authority_is_refused(outsider: Outsider, provider: Participant) -> None:
    pair = Authority.root("Other").issue(_subject(outsider))
    assert _code_for(outsider, provider, pair) == "ERROR_CODE_SIGNATURE_VERIFICATION_FAILED"


def test_signature_by_an_expired_certificate_is_refused(
    outsider: Outsider, provider: Participant, authority: Authority
) -> None:
    pair = _expired(authority, _subject(outsider))
    assert _code_for(outsider, provider, pair) == "ERROR_CODE_SIGNATURE_VERIFICATION_FAILED"


def test_signature_by_a_certificate_of_another_oin_is_refused(
    outsider: Outsider, second: Outsider, provider: Participant, authority: Authority
) -> None:
    pair = authority.issue(_subject(outsider, peer_id=second.id))
    assert _code_for(outsider, provider, pair) == "ERROR_CODE_PEER_ID_SIGNATURE_MISMATCH"


def test_signature_by_an_authority_itself_is_refused(
    outsider: Outsider, provider: Participant, authority: Authority, tmp_path: Path
) -> None:
    files = authority.authority("below").store(tmp_path, "authority")
    pair = KeyPair.load(files.certificate, files.key)
    assert _code_for(outsider, provider, pair) == "ERROR_CODE_SIGNATURE_VERIFICATION_FAILED"


def test_certificate_issued_by_a_peer_is_refused(outsider: Outsider, provider: Participant) -> None:
    """A component's certificate is no authority, though its chain leads to the anchor."""
    fake = Authority(outsider.keys.key, outsider.keys.chain, outsider.keys.certificate)
    pair = fake.issue(_subject(outsider))
    assert _code_for(outsider, provider, pair) == "ERROR_CODE_SIGNATURE_VERIFICATION_FAILED"


def test_header_with_the_certificate_of_another_peer_is_refused(
    outsider: Outsider, second: Outsider, provider: Participant
) -> None:
    content = _content(outsider, provider)
    head = forged.header(second.keys, "ES256")
    signature = forged.compact(head, payload(content, ACCEPT), forged.es256(outsider.keys))
    answer = outsider.submit(provider.manager_address, content, signature)
    assert (answer.status, answer.code) == (422, "ERROR_CODE_SIGNATURE_VERIFICATION_FAILED")
    assert provider.state(agreed(content).content_hash) is None
