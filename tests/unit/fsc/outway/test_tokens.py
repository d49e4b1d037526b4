"""Access tokens: what they must say, and how long they are kept."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from support.gateways.peers import CONSUMER, GROUP, OTHER, grant, issuer, keypair

from wegennet.fsc.core import tokens
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.outway.token import Expected, Token, form, read_answer
from wegennet.fsc.outway.tokens import Tokens
from wegennet.fsc.wire.message import Origin

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from wegennet.fsc.api.manager_internal import OutwayService

CLIENT = keypair(CONSUMER)
# Made when the tests are collected: it must last longer than the whole run.
ISSUER = issuer("https://inway.example.nl:443", ttl=86_400)
EXPECTED = Expected(GROUP, CLIENT.thumbprint)


def answered(status: int = 200, content: bytes | None = None, **claims: Any) -> Token:
    token = ISSUER.token(CLIENT.certificate, **claims)
    body = json.dumps({"access_token": token, "token_type": "bearer"}).encode() if content is None else content
    return read_answer(status, body, grant(), EXPECTED, now=time.time())


def refused(status: int = 200, content: bytes | None = None, **claims: Any) -> FscError:
    with pytest.raises(FscError) as refusal:
        answered(status, content, **claims)
    return refusal.value


def test_a_token_is_asked_for_by_client_credentials() -> None:
    assert parse_qs(form("$1$3$x", CONSUMER).decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["$1$3$x"],
        "client_id": [CONSUMER],
    }


def test_a_token_says_where_it_may_be_used() -> None:
    assert answered().inway == Origin("https", "inway.example.nl", 443)


def test_a_token_of_another_group_is_not_used() -> None:
    error = refused(group_id="elsewhere")
    assert (error.code, error.status) == (ErrorCode.WRONG_GROUP_ID_IN_TOKEN, 502)


@pytest.mark.parametrize(
    "claims",
    [
        {"issuer": OTHER},
        {"grant_hash": "$1$3$other"},
        {"service": "permits"},
        {"expires_at": 1},
        {"audience": "http://inway.example.nl:443"},
        {"audience": "https://inway.example.nl:22"},
        {"audience": "https://:443"},
        {"audience": "https://[::1"},
        {"audience": "https://in way:443"},
    ],
    ids=["issuer", "grant", "service", "expired", "no TLS", "another port", "no host", "no URL", "a space"],
)
def test_a_token_that_is_not_what_was_asked_for_is_not_used(claims: dict[str, Any]) -> None:
    error = refused(**claims)
    assert (error.code, error.status) == (ErrorCode.ACCESS_TOKEN_UNAVAILABLE, 502)


def test_a_token_that_is_bound_to_another_certificate_is_not_used() -> None:
    other = ISSUER.token(keypair(CONSUMER).certificate)
    assert "another certificate" in refused(content=json.dumps({"access_token": other}).encode()).message


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"access_token": 1}', b'{"access_token": "x.y.z"}'])
def test_an_answer_without_a_token_is_a_fault_of_the_manager(content: bytes) -> None:
    assert refused(content=content).status == 502


def test_a_refusal_is_told_with_the_managers_reason() -> None:
    error = refused(400, b'{"error": "invalid_scope", "error_description": "the contract has been revoked"}')
    assert (error.status, "the contract has been revoked" in error.message) == (403, True)


def test_a_failure_of_the_manager_is_told_as_one() -> None:
    assert refused(503, b"").status == 502


class Manager:
    """Gives tokens that last `ttl` seconds; counts the questions."""

    def __init__(self, *, ttl: float = 100) -> None:
        self.now = 1_000.0
        self.ttl = ttl
        self.asked = 0
        self.refuses = False
        self.answered = asyncio.Event()
        self.tokens = Tokens(self.fetch, clock=lambda: self.now)

    async def fetch(self, wanted: OutwayService) -> Token:
        self.asked += 1
        await asyncio.sleep(0)
        if self.asked > 1:
            asyncio.get_running_loop().call_later(0.01, self.answered.set)
        if self.refuses:
            raise FscError(ErrorCode.ACCESS_TOKEN_UNAVAILABLE, "no")
        text = ISSUER.token(CLIENT.certificate, expires_at=int(self.now + self.ttl), grant_hash=wanted.grant_hash)
        return Token(text, tokens.read(text), Origin("https", "inway.example.nl", 443), self.now)


def run(test: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 5))


def test_a_token_is_kept() -> None:
    async def scenario() -> None:
        manager = Manager()
        assert await manager.tokens.get(grant()) is await manager.tokens.get(grant())

    run(scenario())


def test_each_grant_has_its_own_token() -> None:
    async def scenario() -> None:
        manager = Manager()
        one, two = await manager.tokens.get(grant("one")), await manager.tokens.get(grant("two"))
        assert (one.claims.grant_hash, two.claims.grant_hash) == ("one", "two")

    run(scenario())


def test_of_many_that_want_a_token_one_asks() -> None:
    async def scenario() -> None:
        manager = Manager()
        await asyncio.gather(*(manager.tokens.get(grant()) for _ in range(100)))
        assert manager.asked == 1

    run(scenario())


def test_a_token_that_is_about_to_expire_is_not_used() -> None:
    async def scenario() -> None:
        manager = Manager()
        old = await manager.tokens.get(grant())
        manager.now += 91
        assert await manager.tokens.get(grant()) is not old

    run(scenario())


def test_a_token_is_renewed_ahead_while_the_old_one_is_used() -> None:
    async def scenario() -> None:
        manager = Manager()
        old = await manager.tokens.get(grant())
        manager.now += 80
        assert await manager.tokens.get(grant()) is old
        await manager.answered.wait()
        assert await manager.tokens.get(grant()) is not old

    run(scenario())


def test_a_renewal_ahead_that_fails_costs_no_request() -> None:
    async def scenario() -> None:
        manager = Manager()
        old = await manager.tokens.get(grant())
        manager.refuses = True
        manager.now += 80
        assert {(await manager.tokens.get(grant())).text for _ in range(3)} == {old.text}

    run(scenario())


def test_a_failure_is_told_to_all_for_a_second() -> None:
    async def scenario() -> None:
        manager = Manager()
        manager.refuses = True
        for _ in range(3):
            with pytest.raises(FscError):
                await manager.tokens.get(grant())
        assert manager.asked == 1

    run(scenario())


def test_after_a_failure_the_manager_is_asked_again() -> None:
    async def scenario() -> None:
        manager = Manager()
        manager.refuses = True
        with pytest.raises(FscError):
            await manager.tokens.get(grant())
        manager.refuses = False
        manager.now += 2
        assert await manager.tokens.get(grant())

    run(scenario())


def test_a_refused_token_is_replaced_once_for_all_that_had_it() -> None:
    async def scenario() -> None:
        manager = Manager()
        old = await manager.tokens.get(grant())
        manager.now += 10
        new = await asyncio.gather(*(manager.tokens.instead(grant(), old) for _ in range(10)))
        assert (len({each.text for each in new}), manager.asked) == (1, 2)

    run(scenario())


def test_a_token_that_was_given_just_now_is_not_replaced() -> None:
    async def scenario() -> None:
        manager = Manager()
        young = await manager.tokens.get(grant())
        assert await manager.tokens.instead(grant(), young) is young

    run(scenario())


def test_a_client_that_goes_away_does_not_take_the_token_along() -> None:
    async def scenario() -> None:
        manager = Manager()
        hasty = asyncio.create_task(manager.tokens.get(grant()))
        patient = asyncio.create_task(manager.tokens.get(grant()))
        await asyncio.sleep(0)
        hasty.cancel()
        assert await patient

    run(scenario())


def test_tokens_of_grants_that_ended_are_forgotten() -> None:
    async def scenario() -> None:
        manager = Manager()
        await manager.tokens.get(grant("one"))
        manager.tokens.retain({"two"})
        await manager.tokens.get(grant("one"))
        assert manager.asked == 2

    run(scenario())
