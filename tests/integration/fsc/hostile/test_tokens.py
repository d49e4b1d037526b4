"""Access tokens that do not hold, at the Inway, and requests for tokens by those who should get none."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from support.fsc import contracts, forged
from support.fsc.agreed import connected

from wegennet.fsc.core import tokens
from wegennet.fsc.core.transactions import new_transaction_id
from wegennet.fsc.trial.keys import new_key
from wegennet.fsc.trial.layout import Component
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.fsc.backend import Backend
    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant

    from wegennet.fsc.core.certificates import KeyPair


@dataclass(frozen=True)
class Access:
    """A token that holds, and whose it is."""

    outsider: Outsider
    provider: Participant
    grant_hash: str
    token: str

    def go(self, authorization: str, path: str = "/", **headers: str) -> Answer:
        """A request to the Inway."""
        client = self.outsider.at(self.provider.inway_address, self.outsider.outway_files)
        sent = {"Fsc-Authorization": authorization, "Fsc-Transaction-Id": new_transaction_id()}
        return client.call("GET", path, headers=sent | {name.replace("_", "-"): text for name, text in headers.items()})

    @property
    def keys(self) -> KeyPair:
        """What the provider signs tokens with."""
        return self.provider.keys(Component.MANAGER)

    def saying(self, **changes: Any) -> str:
        """A token of the provider with other claims; None leaves one out."""
        claims = {name: value for name, value in (forged.claims(self.token) | changes).items() if value is not None}
        return forged.compact(forged.header(self.keys, "ES256"), claims, forged.es256(self.keys))


@pytest.fixture(scope="module")
def access(outsider: Outsider, provider: Participant, backend: Backend) -> Access:
    """A token that holds."""
    name = contracts.new_name()
    provider.offer(name, backend.url)
    made = connected(outsider, provider, name)
    token = outsider.token(provider.manager_address, made.grant_hash).json["access_token"]
    return Access(outsider, provider, made.grant_hash, token)


def _altered(access: Access) -> str:
    head, _, signature = access.token.split(".")
    claims = forged.claims(access.token) | {"sub": "00000099000000009000"}
    return f"{head}.{forged.encoded(json.dumps(claims).encode())}.{signature}"


def _unsigned(access: Access) -> str:
    return forged.compact(forged.header(access.keys, "none"), forged.claims(access.token), forged.unsigned)


def _hs256(access: Access) -> str:
    public = access.keys.certificate.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return forged.compact(forged.header(access.keys, "HS256"), forged.claims(access.token), forged.hs256(pem))


def _by_itself(access: Access) -> str:
    """Signed with the client's own key, and honestly named so."""
    return tokens.issue(access.outsider.outway_keys, tokens.read(access.token))


def _by_another_key(access: Access) -> str:
    stranger = replace(access.keys, key=new_key())
    return forged.compact(forged.header(access.keys, "ES256"), forged.claims(access.token), forged.es256(stranger))


FORGED: dict[str, Callable[[Access], str]] = {
    "altered": _altered,
    "unsigned": _unsigned,
    "HS256 with the public key": _hs256,
    "by the client": _by_itself,
    "by another key": _by_another_key,
    "truncated": lambda access: access.token[:-10],
    "no token": lambda _: "token",
    "of another issuer": lambda access: access.saying(iss=access.outsider.id),
    "without a certificate": lambda access: access.saying(cnf=None),
    "with an empty thumbprint": lambda access: access.saying(cnf={"x5t#S256": ""}),
    "without an end": lambda access: access.saying(exp=None),
    "with its end as text": lambda access: access.saying(exp=str(int(time.time()) + 600)),
    "of tomorrow": lambda access: access.saying(nbf=int(time.time()) + 86_400, exp=int(time.time()) + 90_000),
    "megabytes": lambda access: access.token + "A" * 30_000,
}


@pytest.mark.parametrize("forger", FORGED.values(), ids=FORGED.keys())
def test_token_that_does_not_hold_is_refused(access: Access, backend: Backend, forger: Callable[[Access], str]) -> None:
    before = len(backend.received)
    answer = access.go(f"Bearer {forger(access)}")
    assert (answer.status, answer.code) == (401, "ERROR_CODE_ACCESS_TOKEN_INVALID")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert len(backend.received) == before


def test_token_of_another_group_is_refused(access: Access, backend: Backend) -> None:
    before = len(backend.received)
    answer = access.go(f"Bearer {access.saying(gid='another.group')}")
    assert (answer.status, answer.code) == (403, "ERROR_CODE_WRONG_GROUP_ID_IN_TOKEN")
    assert len(backend.received) == before


def test_token_for_a_service_that_is_not_offered_is_refused(access: Access, backend: Backend) -> None:
    before = len(backend.received)
    answer = access.go(f"Bearer {access.saying(svc='never-offered')}")
    assert (answer.status, answer.code) == (404, "ERROR_CODE_SERVICE_NOT_FOUND")
    assert len(backend.received) == before


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz"])
def test_header_without_a_token_is_refused(access: Access, value: str) -> None:
    answer = access.go(value)
    assert answer.status == 401
    assert answer.code in {"ERROR_CODE_ACCESS_TOKEN_MISSING", "ERROR_CODE_ACCESS_TOKEN_INVALID"}


def test_forged_headers_of_the_standard_do_not_reach_the_service(access: Access, backend: Backend) -> None:
    path = f"/forged-{new_transaction_id()}"
    sent = {"Fsc_Grant_Hash": access.grant_hash, "Fsc_Manager_Address": "https://x.test:8443", "Fsc_Error_Code": "X"}
    assert access.go(f"Bearer {access.token}", path, **sent).status == 200
    received = {name.lower() for name in backend.asked(path)[0].headers if name.lower().startswith("fsc-")}
    assert received == {"fsc-authorization", "fsc-transaction-id"}


def test_token_request_by_another_key_of_the_same_peer_is_refused(access: Access) -> None:
    """The grant names the key of the Outway; that of the Manager is another one."""
    form = {"grant_type": "client_credentials", "scope": access.grant_hash, "client_id": access.outsider.id}
    client = access.outsider.at(f"{access.provider.manager_address}/v1", access.outsider.files)
    answer = client.post_form("/token", form)
    assert answer.status == 400
    assert answer.json["error"] in {"invalid_client", "unauthorized_client", "invalid_grant", "invalid_scope"}


def test_token_request_by_another_peer_is_refused(access: Access, second: Outsider) -> None:
    answer = second.token(access.provider.manager_address, access.grant_hash)
    assert answer.status == 400
    assert "access_token" not in answer.json


def test_token_request_with_the_same_key_under_another_oin_is_refused(
    access: Access, second: Outsider, authority: Authority, tmp_path: Path
) -> None:
    """A thumbprint of a public key says nothing of the peer."""
    subject = Subject("outway", second.id, second.name, ("outway.test",))
    files = authority.issue(subject, key=access.outsider.outway_keys.key).store(tmp_path, "borrowed")
    form = {"grant_type": "client_credentials", "scope": access.grant_hash, "client_id": second.id}
    answer = second.at(f"{access.provider.manager_address}/v1", files).post_form("/token", form)
    assert answer.status == 400
    assert "access_token" not in answer.json


def test_renewed_certificate_with_the_same_key_gets_a_token(
    access: Access, authority: Authority, tmp_path: Path
) -> None:
    subject = Subject("outway", access.outsider.id, access.outsider.name, ("outway.test",))
    files = authority.issue(subject, key=access.outsider.outway_keys.key).store(tmp_path, "renewed")
    form = {"grant_type": "client_credentials", "scope": access.grant_hash, "client_id": access.outsider.id}
    client = access.outsider.at(f"{access.provider.manager_address}/v1", files)
    assert client.post_form("/token", form).status == 200


@pytest.mark.parametrize(
    "form",
    [
        "grant_type=client_credentials&grant_type=client_credentials&scope={scope}&client_id={client}",
        "grant_type=client_credentials&scope={scope}&scope={scope}&client_id={client}",
        "grant_type=client_credentials&client_id={client}",
        "scope={scope}&client_id={client}",
        "grant_type=&scope={scope}&client_id={client}",
        "%ff=%fe",
        "",
    ],
)
def test_token_request_that_is_no_request_is_refused(access: Access, form: str) -> None:
    """RFC 6749, 3.2: parameters must not be there twice, and one without a value is not there."""
    body = form.format(scope=access.grant_hash.replace("$", "%24"), client=access.outsider.id).encode()
    client = access.outsider.at(f"{access.provider.manager_address}/v1", access.outsider.outway_files)
    answer = client.call("POST", "/token", body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status, answer.json["error"]) in {(400, "invalid_request"), (400, "unsupported_grant_type")}
