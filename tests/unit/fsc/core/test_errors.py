from __future__ import annotations

import pytest

from wegennet.fsc.core.errors import ErrorCode, FscError, status_of

# FSC Core 4.4.5.3, 4.6.1.4.1, 4.7.2.2.1; FSC Logging 3.3.1.3
STATUS = {
    "INCORRECT_GROUP_ID": 422,
    "SUBMITTING_PEER_NOT_PART_OF_CONTRACT": 422,
    "RECEIVING_PEER_NOT_PART_OF_CONTRACT": 422,
    "SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH": 422,
    "PEER_CERTIFICATE_VERIFICATION_FAILED": 400,
    "PEER_ID_SIGNATURE_MISMATCH": 422,
    "SIGNATURE_VERIFICATION_FAILED": 422,
    "GRANT_COMBINATION_NOT_ALLOWED": 422,
    "URL_PATH_CONTENT_HASH_MISMATCH": 422,
    "UNKNOWN_HASH_ALGORITHM_HASH": 422,
    "UNKNOWN_ALGORITHM_SIGNATURE": 422,
    "UNKNOWN_FSC_VERSION": 422,
    "METHOD_UNSUPPORTED": 405,
    "ACCESS_TOKEN_MISSING": 401,
    "ACCESS_TOKEN_INVALID": 401,
    "ACCESS_TOKEN_EXPIRED": 401,
    "WRONG_GROUP_ID_IN_TOKEN": 403,
    "SERVICE_NOT_FOUND": 404,
    "SERVICE_UNREACHABLE": 502,
    "TRANSACTION_LOG_WRITE_ERROR": 500,
    "INVALID_LOG_RECORD_ID": 400,
    "MISSING_LOG_RECORD_ID": 400,
}


@pytest.mark.parametrize(("name", "status"), STATUS.items())
def test_status_of_a_code_is_that_of_the_standard(name: str, status: int) -> None:
    assert status_of(ErrorCode(f"ERROR_CODE_{name}")) == status


def test_every_code_has_its_prefix() -> None:
    assert all(code == f"ERROR_CODE_{code.name}" for code in ErrorCode)


def test_error_has_the_status_of_its_code() -> None:
    assert FscError(ErrorCode.ACCESS_TOKEN_MISSING, "No token.").status == 401


def test_error_may_have_another_status() -> None:
    assert FscError(ErrorCode.INVALID_REQUEST, "No.", status=415).status == 415


def test_error_reads_as_its_sentence() -> None:
    assert str(FscError(ErrorCode.INTERNAL, "It broke.")) == "It broke."
