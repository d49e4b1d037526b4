from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.waiting import eventually, stays
from unit.fsc.manager import made

from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.core.signatures import read
from wegennet.fsc.manager import upkeep

if TYPE_CHECKING:
    from integration.fsc.manager.group import Group, Manager, Played


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are looked at all the time."""
    monkeypatch.setattr(upkeep, "EVERY_SECONDS", 0.1)


@pytest.fixture
def provider(group: Group) -> Manager:
    """The Manager whose certificate is renewed."""
    return group.manager(group.member("Provider"))


@pytest.fixture
def consumer(group: Group, provider: Manager) -> Played:
    """The other side."""
    played = group.played(group.member("Consumer"))
    played.member.write("PUT", f"{provider.member.address}/v1/announce")
    return played


def renew(group: Group, manager: Manager, ends: timedelta) -> KeyPair:
    """Gives the Manager a certificate that ends so much from now."""
    member = manager.member
    new = group.certificate(
        group.folder / "new", f"{member.number}", member.peer, member.host, ends=datetime.now(UTC) + ends
    )
    shutil.copy(new.certificate, member.group.certificate)
    shutil.copy(new.key, member.group.key)
    return KeyPair.load(new.certificate, new.key)


def accepted(provider: Manager, consumer: Played) -> str:
    """A valid contract that both know."""
    content = made.contract(made.connection(consumer=consumer.member.id, provider=provider.member.id))
    consumer.member.submit(provider.member, content)
    provider.sign(content_hash(content))
    eventually(lambda: consumer.received("/accept"))
    return content_hash(content)


def thumbprint(provider: Manager, contract: str) -> str:
    """Of the certificate of the provider's accept."""
    return read(provider.contract(contract)["signatures"]["accept"][provider.member.id]["jws"]).thumbprint


def published(consumer: Played, provider: Manager) -> list[str]:
    """Thumbprints in the provider's key set."""
    return [key["x5t#S256"] for key in consumer.member.get(provider.member, "/.well-known/jwks.json").json["keys"]]


def test_accepts_are_signed_again_with_a_later_certificate_and_sent(
    group: Group, provider: Manager, consumer: Played
) -> None:
    contract = accepted(provider, consumer)
    new = renew(group, provider, timedelta(days=1000))
    eventually(lambda: thumbprint(provider, contract) == new.thumbprint)
    eventually(lambda: read(consumer.received("/accept")[-1].body["signature"]).thumbprint == new.thumbprint)


def test_accepts_are_not_signed_again_with_a_certificate_that_ends_sooner(
    group: Group, provider: Manager, consumer: Played
) -> None:
    contract = accepted(provider, consumer)
    before = thumbprint(provider, contract)
    new = renew(group, provider, timedelta(days=10))
    eventually(lambda: new.thumbprint in published(consumer, provider))
    stays(lambda: thumbprint(provider, contract) == before, during=0.4)


def test_contracts_that_have_ended_are_not_signed_again(group: Group, provider: Manager, consumer: Played) -> None:
    contract = accepted(provider, consumer)
    provider.sign(contract, "revoke")
    eventually(lambda: consumer.received("/revoke"))
    before = thumbprint(provider, contract)
    new = renew(group, provider, timedelta(days=1000))
    eventually(lambda: new.thumbprint in published(consumer, provider))
    stays(lambda: thumbprint(provider, contract) == before, during=0.4)


def test_a_revoke_that_nobody_got_is_signed_again(group: Group, provider: Manager, consumer: Played) -> None:
    contract = accepted(provider, consumer)
    consumer.server.stop()
    provider.sign(contract, "revoke")
    new = renew(group, provider, timedelta(days=1000))
    signature = lambda: provider.contract(contract)["signatures"]["revoke"][provider.member.id]["jws"]  # noqa: E731
    eventually(lambda: read(signature()).thumbprint == new.thumbprint)


def test_an_earlier_certificate_stays_published_while_a_contract_needs_it(
    group: Group, provider: Manager, consumer: Played
) -> None:
    contract = accepted(provider, consumer)
    before = thumbprint(provider, contract)
    new = renew(group, provider, timedelta(days=10))
    eventually(lambda: new.thumbprint in published(consumer, provider))
    assert before in published(consumer, provider)


def test_files_that_do_not_belong_together_leave_the_former_key_pair(
    group: Group, provider: Manager, consumer: Played
) -> None:
    before = published(consumer, provider)
    provider.member.group.key.write_text("no key")
    stays(lambda: published(consumer, provider) == before, during=0.4)
