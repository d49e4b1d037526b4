"""Contracts that a peer of the tests' own submits to a Manager of the group."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from support.fsc import contracts
from support.fsc.agreed import agreed
from support.fsc.conformance import scenario
from support.fsc.outsider import ACCEPT

from wegennet.fsc.core import signatures

if TYPE_CHECKING:
    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant


Json = dict[str, Any]


def _connection(outsider: Outsider, provider: Participant, *, offered_for: Outsider | None = None) -> Json:
    for_whom = offered_for.id if offered_for else None
    name = contracts.new_name()
    return contracts.connection(outsider.id, outsider.outway_thumbprint, provider.id, name, offered_for=for_whom)


def _is_stored(outsider: Outsider, manager: Participant, content: Json) -> bool:
    return content["iv"] in outsider.contracts(manager.manager_address)


def _accepted(outsider: Outsider, manager: Participant, content: Json, signature: str | None = None) -> None:
    answer = outsider.submit(manager.manager_address, content, signature)
    assert answer.status == 201, answer.body
    assert _is_stored(outsider, manager, content)


def _refused(answer: Answer, code: str) -> None:
    assert (answer.status, answer.code) == (422, f"ERROR_CODE_{code}")
    assert answer.json["domain"] == "ERROR_DOMAIN_MANAGER"


def _nobody_has(manager: Participant, content: Json) -> None:
    known = manager.internal.get("/contracts", limit="1000").json["contracts"]
    assert content["iv"] not in {contract["content"]["iv"] for contract in known}


@scenario("Manager-SubmitContract-1")
def test_manager_submitcontract_1(outsider: Outsider, provider: Participant) -> None:
    """A contract with a connection grant is stored."""
    _accepted(outsider, provider, contracts.content(_connection(outsider, provider)))


@scenario("Manager-SubmitContract-2")
def test_manager_submitcontract_2(outsider: Outsider, directory: Participant) -> None:
    """A contract with a publication grant is stored by the directory."""
    _accepted(
        outsider, directory, contracts.content(contracts.publication(directory.id, outsider.id, contracts.new_name()))
    )


@scenario("Manager-SubmitContract-3")
def test_manager_submitcontract_3(outsider: Outsider, second: Outsider, directory: Participant) -> None:
    """A contract with a publication grant on behalf of another peer is stored by the directory."""
    grant = contracts.delegated(contracts.publication(directory.id, outsider.id, contracts.new_name()), second.id)
    _accepted(outsider, directory, contracts.content(grant))


@scenario("Manager-SubmitContract-4")
def test_manager_submitcontract_4(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A contract with a connection grant on behalf of another peer is stored."""
    grant = contracts.delegated(_connection(outsider, provider), second.id)
    _accepted(outsider, provider, contracts.content(grant))


@scenario("Manager-SubmitContract-5")
def test_manager_submitcontract_5(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A contract with a connection grant to a Service offered for another peer is stored."""
    _accepted(outsider, provider, contracts.content(_connection(outsider, provider, offered_for=second)))


@scenario("Manager-SubmitContract-6")
def test_manager_submitcontract_6(
    outsider: Outsider, second: Outsider, rsa_outsider: Outsider, provider: Participant
) -> None:
    """A contract with a connection grant with a delegator on both sides is stored."""
    grant = contracts.delegated(_connection(outsider, provider, offered_for=second), rsa_outsider.id)
    _accepted(outsider, provider, contracts.content(grant))


@scenario("Manager-SubmitContract-7")
def test_manager_submitcontract_7(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A contract between others is refused and not stored."""
    content = contracts.content(_connection(second, provider))
    _refused(outsider.submit(provider.manager_address, content), "SUBMITTING_PEER_NOT_PART_OF_CONTRACT")
    _nobody_has(provider, content)


@scenario("Manager-SubmitContract-8")
def test_manager_submitcontract_8(outsider: Outsider, provider: Participant) -> None:
    """A contract with a publication grant beside another grant is refused and not stored."""
    publication = contracts.publication(provider.id, outsider.id, contracts.new_name())
    content = contracts.content(publication, _connection(outsider, provider))
    _refused(outsider.submit(provider.manager_address, content), "GRANT_COMBINATION_NOT_ALLOWED")
    _nobody_has(provider, content)


@scenario("Manager-SubmitContract-9")
def test_manager_submitcontract_9(outsider: Outsider, provider: Participant) -> None:
    """A contract of another group is refused and not stored."""
    content = contracts.content(_connection(outsider, provider), group_id="another.group")
    _refused(outsider.submit(provider.manager_address, content), "INCORRECT_GROUP_ID")
    _nobody_has(provider, content)


@scenario("Manager-SubmitContract-10")
def test_manager_submitcontract_10(outsider: Outsider, provider: Participant) -> None:
    """A contract with an unknown hash algorithm, in its content and in the signed hash, is refused and not stored."""
    known = contracts.content(_connection(outsider, provider))
    content_hash = agreed(known).content_hash.replace("$1$", "$9$", 1)
    signature = signatures.sign(outsider.keys, content_hash, ACCEPT, int(time.time()))
    content = known | {"hash_algorithm": "HASH_ALGORITHM_SHA3_9000"}
    _refused(outsider.submit(provider.manager_address, content, signature), "UNKNOWN_HASH_ALGORITHM_HASH")
    _nobody_has(provider, content)


@scenario("Manager-SubmitContract-11")
def test_manager_submitcontract_11(rsa_outsider: Outsider, provider: Participant) -> None:
    """A contract signed with RSA is stored, by each of the three algorithms."""
    for algorithm in ("RS256", "RS384", "RS512"):
        content = contracts.content(_connection(rsa_outsider, provider))
        _accepted(rsa_outsider, provider, content, rsa_outsider.sign(content, algorithm=algorithm))


@scenario("Manager-SubmitContract-12")
def test_manager_submitcontract_12(outsider: Outsider, provider: Participant) -> None:
    """A contract signed with ECDSA is stored."""
    content = contracts.content(_connection(outsider, provider))
    _accepted(outsider, provider, content, outsider.sign(content, algorithm="ES256"))
