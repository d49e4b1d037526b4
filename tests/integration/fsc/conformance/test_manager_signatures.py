"""Signatures that a peer of the tests' own places on contracts at a Manager of the group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.fsc.conformance import scenario
from support.fsc.outsider import ACCEPT, REJECT, REVOKE
from support.fsc.signing import ANOTHER_HASH, Signing

if TYPE_CHECKING:
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant


@scenario("Manager-AcceptContract-1")
def test_manager_acceptcontract_1(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """An accept signature of a peer on the contract is added."""
    Signing(outsider, second, provider, ACCEPT).adds()


@scenario("Manager-AcceptContract-2")
def test_manager_acceptcontract_2(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """An accept signature of a peer that is not on the contract is refused."""
    Signing(outsider, second, provider, ACCEPT).refuses_a_stranger()


@scenario("Manager-AcceptContract-3")
def test_manager_acceptcontract_3(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """An accept signature that is no JWS is refused."""
    Signing(outsider, second, provider, ACCEPT).refuses("SIGNATURE_VERIFICATION_FAILED", "no.jws")


@scenario("Manager-AcceptContract-4")
def test_manager_acceptcontract_4(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """An accept signature on another content is refused."""
    signing = Signing(outsider, second, provider, ACCEPT)
    signing.refuses_saying("SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH", contract_content_hash=ANOTHER_HASH)


@scenario("Manager-AcceptContract-5")
def test_manager_acceptcontract_5(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A signature of another type is not taken as an accept signature."""
    Signing(outsider, second, provider, ACCEPT).refuses_saying("SIGNATURE_VERIFICATION_FAILED", type="reject")


@scenario("Manager-AcceptContract-6")
def test_manager_acceptcontract_6(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """An accept signature handed over under the hash of another contract is refused."""
    Signing(outsider, second, provider, ACCEPT).refuses_another_path()


@scenario("Manager-AcceptContract-7")
def test_manager_acceptcontract_7(rsa_outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """An accept signature made with PS256 is refused."""
    Signing(rsa_outsider, second, provider, ACCEPT).refuses_another_algorithm()


@scenario("Manager-AcceptContract-8")
def test_manager_acceptcontract_8(rsa_outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """An accept signature made with RSA is added, by each of the three algorithms."""
    for algorithm in ("RS256", "RS384", "RS512"):
        Signing(rsa_outsider, second, provider, ACCEPT).adds(algorithm)


@scenario("Manager-AcceptContract-9")
def test_manager_acceptcontract_9(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """An accept signature made with ECDSA is added."""
    Signing(outsider, second, provider, ACCEPT).adds("ES256")


@scenario("Manager-RejectContract-1")
def test_manager_rejectcontract_1(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A reject signature of a peer on the contract is added."""
    Signing(outsider, second, provider, REJECT).adds()


@scenario("Manager-RejectContract-2")
def test_manager_rejectcontract_2(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A reject signature of a peer that is not on the contract is refused."""
    Signing(outsider, second, provider, REJECT).refuses_a_stranger()


@scenario("Manager-RejectContract-3")
def test_manager_rejectcontract_3(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A reject signature that is no JWS is refused."""
    Signing(outsider, second, provider, REJECT).refuses("SIGNATURE_VERIFICATION_FAILED", "no.jws")


@scenario("Manager-RejectContract-4")
def test_manager_rejectcontract_4(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A reject signature on another content is refused."""
    signing = Signing(outsider, second, provider, REJECT)
    signing.refuses_saying("SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH", contract_content_hash=ANOTHER_HASH)


@scenario("Manager-RejectContract-5")
def test_manager_rejectcontract_5(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A signature of another type is not taken as a reject signature."""
    Signing(outsider, second, provider, REJECT).refuses_saying("SIGNATURE_VERIFICATION_FAILED", type="accept")


@scenario("Manager-RejectContract-6")
def test_manager_rejectcontract_6(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A reject signature handed over under the hash of another contract is refused."""
    Signing(outsider, second, provider, REJECT).refuses_another_path()


@scenario("Manager-RejectContract-7")
def test_manager_rejectcontract_7(rsa_outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A reject signature made with PS256 is refused."""
    Signing(rsa_outsider, second, provider, REJECT).refuses_another_algorithm()


@scenario("Manager-RevokeContract-1")
def test_manager_revokecontract_1(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A revoke signature of a peer on the contract is added."""
    Signing(outsider, second, provider, REVOKE).adds()


@scenario("Manager-RevokeContract-2")
def test_manager_revokecontract_2(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A revoke signature of a peer that is not on the contract is refused."""
    Signing(outsider, second, provider, REVOKE).refuses_a_stranger()


@scenario("Manager-RevokeContract-3")
def test_manager_revokecontract_3(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A revoke signature that is no JWS is refused."""
    Signing(outsider, second, provider, REVOKE).refuses("SIGNATURE_VERIFICATION_FAILED", "no.jws")


@scenario("Manager-RevokeContract-4")
def test_manager_revokecontract_4(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A revoke signature on another content is refused."""
    signing = Signing(outsider, second, provider, REVOKE)
    signing.refuses_saying("SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH", contract_content_hash=ANOTHER_HASH)


@scenario("Manager-RevokeContract-5")
def test_manager_revokecontract_5(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A signature of another type is not taken as a revoke signature."""
    Signing(outsider, second, provider, REVOKE).refuses_saying("SIGNATURE_VERIFICATION_FAILED", type="accept")


@scenario("Manager-RevokeContract-6")
def test_manager_revokecontract_6(outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A revoke signature handed over under the hash of another contract is refused."""
    Signing(outsider, second, provider, REVOKE).refuses_another_path()


@scenario("Manager-RevokeContract-7")
def test_manager_revokecontract_7(rsa_outsider: Outsider, second: Outsider, provider: Participant) -> None:
    """A revoke signature made with PS256 is refused."""
    Signing(rsa_outsider, second, provider, REVOKE).refuses_another_algorithm()
