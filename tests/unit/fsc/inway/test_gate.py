"""Who may pass an Inway."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.gateways.peers import CONSUMER, DELEGATOR, GROUP, OTHER, PROVIDER, Issuer, issuer, keypair

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.gateway.refresh import Refreshed
from wegennet.fsc.inway.gate import Gate, bearer
from wegennet.fsc.service.client import UnreachableError

if TYPE_CHECKING:
    from wegennet.fsc.core.certificates import KeyPair
    from wegennet.fsc.core.tokens import AccessToken
    from wegennet.fsc.inway.keys import SigningCertificates

ADDRESS = "https://inway.example.nl:8443"


class World:
    """An Inway's gate, its peer, and a client."""

    def __init__(self, *, known: bool = True) -> None:
        self.issuer: Issuer = issuer(ADDRESS)
        self.client = keypair(CONSUMER)
        self.published: SigningCertificates = {self.issuer.keys.thumbprint: self.issuer.keys.certificate}
        self.asked = 0
        self.now = time.time()
        self.keys: Refreshed[SigningCertificates] = Refreshed("keys", self._fetch, every=60, pause=0)
        if known:
            self.keys.value = self.published
        self.gate = Gate(self.keys, group_id=GROUP, peer_id=PROVIDER, address=ADDRESS, clock=lambda: self.now)
        self.away = False

    async def _fetch(self) -> SigningCertificates:
        self.asked += 1
        if self.away:
            raise UnreachableError("connection refused")
        return self.published

    def admit(self, token: str, client: KeyPair | None = None) -> AccessToken:
        der = (client or self.client).certificate.public_bytes(Encoding.DER)
        return asyncio.run(self.gate.admit([(b"fsc-authorization", f"Bearer {token}".encode())], der))

    def refused(self, token: str, client: KeyPair | None = None) -> ErrorCode:
        with pytest.raises(FscError) as refusal:
            self.admit(token, client)
        return refusal.value.code

    def token(self, **claims: Any) -> str:
        return self.issuer.token(self.client.certificate, **claims)


@pytest.fixture
def world() -> World:
    return World()


def test_a_valid_token_passes(world: World) -> None:
    assert world.admit(world.token()).service == "parking"


def test_a_token_that_passed_is_not_verified_again(world: World) -> None:
    token = world.token()
    assert world.admit(token) is world.admit(token)


def test_a_token_that_passed_before_expires_all_the_same(world: World) -> None:
    token = world.token()
    world.admit(token)
    world.now += 3600
    assert world.refused(token) == ErrorCode.ACCESS_TOKEN_EXPIRED


def test_a_token_that_passed_with_one_certificate_does_not_with_another(world: World) -> None:
    token = world.token()
    world.admit(token)
    assert world.refused(token, keypair(CONSUMER)) == ErrorCode.ACCESS_TOKEN_INVALID


def test_a_token_that_passed_does_not_outlive_its_signers_key(world: World) -> None:
    token = world.token()
    world.admit(token)
    world.published = {}
    asyncio.run(world.keys.renew())
    assert world.refused(token) == ErrorCode.ACCESS_TOKEN_INVALID


def test_an_expired_token_is_told_from_an_invalid_one(world: World) -> None:
    assert world.refused(world.token(expires_at=int(world.now) - 1)) == ErrorCode.ACCESS_TOKEN_EXPIRED


def test_a_token_of_another_group_is_refused(world: World) -> None:
    assert world.refused(world.token(group_id="elsewhere")) == ErrorCode.WRONG_GROUP_ID_IN_TOKEN


@pytest.mark.parametrize(
    "claims",
    [
        {"issuer": OTHER},
        {"audience": "https://another.example.nl:8443"},
        {"not_before": 2**40},
        {"subject": OTHER},
        {"actor": OTHER},
    ],
    ids=["issuer", "audience", "not before", "subject", "actor"],
)
def test_a_token_that_is_not_for_this_connection_is_refused(world: World, claims: dict[str, Any]) -> None:
    assert world.refused(world.token(**claims)) == ErrorCode.ACCESS_TOKEN_INVALID


def test_a_token_for_a_connection_on_behalf_of_another_peer_passes(world: World) -> None:
    token = world.admit(world.token(subject=DELEGATOR, actor=CONSUMER))
    assert (token.connection_delegator, token.outway_peer_id) == (DELEGATOR, CONSUMER)


def test_a_slash_at_the_end_of_the_audience_makes_no_difference(world: World) -> None:
    assert world.admit(world.token(audience=f"{ADDRESS}/"))


def test_a_token_that_somebody_else_signed_is_refused(world: World) -> None:
    forged = Issuer(keypair(PROVIDER), world.issuer.claims).token(world.client.certificate)
    assert world.refused(forged) == ErrorCode.ACCESS_TOKEN_INVALID


@pytest.mark.parametrize("change", [lambda t: t[:-4] + "AAAA", lambda t: t + "A", lambda t: t.rpartition(".")[0] + "."])
def test_a_token_that_was_altered_is_refused(world: World, change: Any) -> None:
    assert world.refused(change(world.token())) == ErrorCode.ACCESS_TOKEN_INVALID


def test_keys_are_asked_for_again_when_a_token_names_another(world: World) -> None:
    world.issuer = Issuer(keypair(PROVIDER), world.issuer.claims)
    world.published = {world.issuer.keys.thumbprint: world.issuer.keys.certificate}
    assert world.admit(world.token())


def test_keys_are_not_asked_for_again_when_the_token_names_a_known_one(world: World) -> None:
    world.refused(world.token(issuer=OTHER))
    assert world.asked == 0


def test_without_keys_nobody_is_told_that_a_token_is_invalid() -> None:
    world = World(known=False)
    world.away = True
    assert world.refused(world.token()) == ErrorCode.UNAVAILABLE


def test_known_keys_are_used_while_the_manager_is_away(world: World) -> None:
    world.away = True
    assert world.admit(world.token())


@pytest.mark.parametrize("value", ["Bearer abc", "bearer abc", "BEARER  abc", "abc", " abc "])
def test_a_token_stands_with_or_without_bearer(value: str) -> None:
    assert bearer([(b"fsc-authorization", value.encode())]) == "abc"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([], ErrorCode.ACCESS_TOKEN_MISSING),
        ([b""], ErrorCode.ACCESS_TOKEN_MISSING),
        ([b"Bearer"], ErrorCode.ACCESS_TOKEN_MISSING),
        ([b"Bearer "], ErrorCode.ACCESS_TOKEN_MISSING),
        ([b"abc", b"abc"], ErrorCode.ACCESS_TOKEN_INVALID),
        ([b"Basic abc"], ErrorCode.ACCESS_TOKEN_INVALID),
        ([b"Bearer abc def"], ErrorCode.ACCESS_TOKEN_INVALID),
    ],
)
def test_a_header_without_one_token_is_refused(headers: list[bytes], code: ErrorCode) -> None:
    with pytest.raises(FscError) as refusal:
        bearer([(b"fsc-authorization", value) for value in headers])
    assert refusal.value.code == code
