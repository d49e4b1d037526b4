from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from wegennet.fsc.service.revocation import LARGEST_LIST, Revocation, RevocationError
from wegennet.fsc.trial.pki import Authority, Subject
from wegennet.fsc.wire.message import Request, Response
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

SUBJECT = Subject("manager", peer_id="00000099000000001000", peer_name="Gemeente Voorbeeld")
HOUR = timedelta(hours=1)


class World:
    """A root, an authority below it, a leaf; and a server of their lists."""

    def __init__(self, url: str) -> None:
        self.root = Authority.root("root")
        self.below = self.root.authority("below", crl_url=f"{url}/root.crl")
        self.leaf = self.below.issue(SUBJECT, crl_url=f"{url}/below.crl").certificate
        self.chain = [self.leaf, self.below.certificate, self.root.anchor]
        self.lists = {"/root.crl": self.root.revocation_list(), "/below.crl": self.below.revocation_list()}
        self.asked: Counter[str] = Counter()
        self.now = datetime.now(UTC)
        self.stop: Callable[[], Coroutine[Any, Any, None]]

    async def answer(self, request: Request) -> Response:
        path = request.target.decode()
        self.asked[path] += 1
        return Response(200, [], self.lists[path]) if path in self.lists else Response(404)


def live(scenario: Callable[[World, Revocation], Coroutine[Any, Any, None]]) -> None:
    """Runs a scenario with the lists on a server on loopback."""

    async def run() -> None:
        async def answer(request: Request) -> Response:
            return await world.answer(request)

        server, pool = Server(answer), ClientPool()
        world = World(f"http://127.0.0.1:{await server.listen('127.0.0.1', 0)}")
        world.stop = lambda: server.drain(0)
        try:
            await scenario(world, Revocation(pool, lambda: world.now))
        finally:
            await pool.close()
            await server.drain(0)

    asyncio.run(run())


def test_a_chain_that_is_not_revoked_is_accepted() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        await revocation.check(world.chain)

    live(scenario)


def test_a_chain_is_accepted_as_tls_has_it() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        await revocation.check_der([certificate.public_bytes(Encoding.DER) for certificate in world.chain])

    live(scenario)


def test_a_revoked_leaf_is_refused() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        world.lists["/below.crl"] = world.below.revocation_list(world.leaf)
        with pytest.raises(RevocationError, match=r"certificate of .*Gemeente Voorbeeld.* is revoked"):
            await revocation.check(world.chain)

    live(scenario)


def test_a_revoked_intermediate_is_refused() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        world.lists["/root.crl"] = world.root.revocation_list(world.below.certificate)
        with pytest.raises(RevocationError, match="certificate of CN=below is revoked"):
            await revocation.check(world.chain)

    live(scenario)


def test_an_error_has_the_code_of_the_standard() -> None:
    assert RevocationError("It is revoked.").code == "ERROR_CODE_PEER_CERTIFICATE_VERIFICATION_FAILED"


def test_a_list_is_asked_for_once() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        await asyncio.gather(*(revocation.check(world.chain) for _ in range(5)))
        assert world.asked == {"/below.crl": 1, "/root.crl": 1}

    live(scenario)


def test_a_list_is_asked_for_again_after_an_hour_and_a_revocation_seen() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        await revocation.check(world.chain)
        world.lists["/below.crl"] = world.below.revocation_list(world.leaf)
        world.now += HOUR
        await revocation.check(world.chain)
        await asyncio.gather(*revocation._renewing)
        with pytest.raises(RevocationError, match="is revoked"):
            await revocation.check(world.chain)

    live(scenario)


def test_a_list_that_is_kept_counts_while_its_server_is_down() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        await revocation.check(world.chain)
        await world.stop()
        world.now += 2 * HOUR
        await revocation.check(world.chain)
        await asyncio.gather(*revocation._renewing)
        await revocation.check(world.chain)

    live(scenario)


def test_a_list_that_is_kept_counts_no_longer_than_it_says() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        await revocation.check(world.chain)
        await world.stop()
        world.now += timedelta(days=8)
        with pytest.raises(RevocationError, match=r"is not known: .* is out of date"):
            await revocation.check(world.chain)

    live(scenario)


def test_a_list_is_asked_for_when_the_one_that_is_kept_ends() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        world.lists["/below.crl"] = world.below.revocation_list(ends=world.now + HOUR / 2)
        await revocation.check(world.chain)
        world.lists["/below.crl"] = world.below.revocation_list()
        world.now += HOUR / 2
        await revocation.check(world.chain)

    live(scenario)


def test_a_server_that_failed_is_not_asked_at_once_again() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        good = world.lists.pop("/below.crl")
        for _ in range(3):
            with pytest.raises(RevocationError, match="was answered with 404"):
                await revocation.check(world.chain)
        assert world.asked["/below.crl"] == 1
        world.lists["/below.crl"] = good
        world.now += timedelta(seconds=31)
        await revocation.check(world.chain)

    live(scenario)


def stale(world: World) -> bytes:
    return world.below.revocation_list(ends=world.now - timedelta(minutes=1))


def of_another(world: World) -> bytes:
    return Authority.root("below").revocation_list()


def of_another_name(world: World) -> bytes:
    return world.root.revocation_list()


def tampered(world: World) -> bytes:
    whole = bytearray(world.below.revocation_list())
    whole[-1] ^= 1
    return bytes(whole)


def too_large(world: World) -> bytes:
    return b" " * (LARGEST_LIST + 1)


def unsigned(world: World) -> bytes:
    return b"no list at all"


def with_extension(world: World, extension: x509.ExtensionType) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(world.below.certificate.subject)
    builder = (
        builder.last_update(world.now - HOUR).next_update(world.now + HOUR).add_extension(extension, critical=True)
    )
    return builder.sign(world.below._key, hashes.SHA256()).public_bytes(Encoding.DER)


def delta(world: World) -> bytes:
    return with_extension(world, x509.DeltaCRLIndicator(1))


def for_authorities(world: World) -> bytes:
    point = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=True,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    return with_extension(world, point)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (stale, "is out of date"),
        (of_another, "has no valid signature of the issuer"),
        (of_another_name, "is of another issuer"),
        (tampered, "has no valid signature of the issuer"),
        (too_large, "is larger than"),
        (unsigned, "is no revocation list"),
        (delta, "has the critical extension"),
        (for_authorities, "is about other certificates"),
    ],
)
def test_a_list_that_does_not_count_closes_the_door(made: Callable[[World], bytes], reason: str) -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        world.lists["/below.crl"] = made(world)
        with pytest.raises(RevocationError, match=f"is not known: .*{reason}"):
            await revocation.check(world.chain)

    live(scenario)


def test_a_server_that_is_not_there_closes_the_door() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        await world.stop()
        with pytest.raises(RevocationError, match="cannot be fetched"):
            await revocation.check(world.chain)

    live(scenario)


def test_a_certificate_without_a_list_is_refused() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        leaf = world.below.issue(SUBJECT).certificate
        with pytest.raises(RevocationError, match="names no revocation list"):
            await revocation.check([leaf, *world.chain[1:]])

    live(scenario)


def test_no_certificates_at_all_are_refused() -> None:
    async def scenario(world: World, revocation: Revocation) -> None:
        with pytest.raises(RevocationError, match="shows no certificates"):
            await revocation.check([])

    live(scenario)
