"""Errors that a peer answers with: a domain, a code and a sentence (FSC Core 4.1.7, 4.4.5, 4.6.1.4, 4.7.2.2).

The standard has no code for content that cannot be a contract at all. Such content is answered with
`SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH`: there is no valid content that the signature could be on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ErrorDomain(StrEnum):
    """The component in which an error occurred; the last two answer inside a peer only, and are not in the standard."""

    MANAGER = "ERROR_DOMAIN_MANAGER"
    INWAY = "ERROR_DOMAIN_INWAY"
    OUTWAY = "ERROR_DOMAIN_OUTWAY"

    CONTROLLER = "ERROR_DOMAIN_CONTROLLER"
    TRANSACTION_LOG = "ERROR_DOMAIN_TRANSACTION_LOG"


class ErrorCode(StrEnum):
    """Codes as they stand in the header `Fsc-Error-Code` and in the answer's body.

    The last block is for what the standard has no code for; `UNKNOWN_GRANT_HASH_IN_HEADER` is OpenFSC's name.
    """

    INCORRECT_GROUP_ID = "ERROR_CODE_INCORRECT_GROUP_ID"
    SUBMITTING_PEER_NOT_PART_OF_CONTRACT = "ERROR_CODE_SUBMITTING_PEER_NOT_PART_OF_CONTRACT"
    RECEIVING_PEER_NOT_PART_OF_CONTRACT = "ERROR_CODE_RECEIVING_PEER_NOT_PART_OF_CONTRACT"
    SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH = "ERROR_CODE_SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH"
    PEER_CERTIFICATE_VERIFICATION_FAILED = "ERROR_CODE_PEER_CERTIFICATE_VERIFICATION_FAILED"
    PEER_ID_SIGNATURE_MISMATCH = "ERROR_CODE_PEER_ID_SIGNATURE_MISMATCH"
    SIGNATURE_VERIFICATION_FAILED = "ERROR_CODE_SIGNATURE_VERIFICATION_FAILED"
    GRANT_COMBINATION_NOT_ALLOWED = "ERROR_CODE_GRANT_COMBINATION_NOT_ALLOWED"
    URL_PATH_CONTENT_HASH_MISMATCH = "ERROR_CODE_URL_PATH_CONTENT_HASH_MISMATCH"
    UNKNOWN_HASH_ALGORITHM_HASH = "ERROR_CODE_UNKNOWN_HASH_ALGORITHM_HASH"
    UNKNOWN_ALGORITHM_SIGNATURE = "ERROR_CODE_UNKNOWN_ALGORITHM_SIGNATURE"
    UNKNOWN_FSC_VERSION = "ERROR_CODE_UNKNOWN_FSC_VERSION"

    ACCESS_TOKEN_MISSING = "ERROR_CODE_ACCESS_TOKEN_MISSING"  # noqa: S105 - a code, no password
    ACCESS_TOKEN_INVALID = "ERROR_CODE_ACCESS_TOKEN_INVALID"  # noqa: S105
    ACCESS_TOKEN_EXPIRED = "ERROR_CODE_ACCESS_TOKEN_EXPIRED"  # noqa: S105
    WRONG_GROUP_ID_IN_TOKEN = "ERROR_CODE_WRONG_GROUP_ID_IN_TOKEN"  # noqa: S105
    SERVICE_NOT_FOUND = "ERROR_CODE_SERVICE_NOT_FOUND"
    SERVICE_UNREACHABLE = "ERROR_CODE_SERVICE_UNREACHABLE"

    METHOD_UNSUPPORTED = "ERROR_CODE_METHOD_UNSUPPORTED"

    TRANSACTION_LOG_WRITE_ERROR = "ERROR_CODE_TRANSACTION_LOG_WRITE_ERROR"
    INVALID_LOG_RECORD_ID = "ERROR_CODE_INVALID_LOG_RECORD_ID"
    MISSING_LOG_RECORD_ID = "ERROR_CODE_MISSING_LOG_RECORD_ID"

    INVALID_REQUEST = "ERROR_CODE_INVALID_REQUEST"
    NOT_FOUND = "ERROR_CODE_NOT_FOUND"
    METHOD_NOT_ALLOWED = "ERROR_CODE_METHOD_NOT_ALLOWED"
    CONFLICT = "ERROR_CODE_CONFLICT"
    BODY_TOO_LARGE = "ERROR_CODE_BODY_TOO_LARGE"
    INTERNAL = "ERROR_CODE_INTERNAL"
    UNAVAILABLE = "ERROR_CODE_UNAVAILABLE"
    MISSING_GRANT_HASH = "ERROR_CODE_MISSING_GRANT_HASH"
    UNKNOWN_GRANT_HASH_IN_HEADER = "ERROR_CODE_UNKNOWN_GRANT_HASH_IN_HEADER"
    ACCESS_TOKEN_UNAVAILABLE = "ERROR_CODE_ACCESS_TOKEN_UNAVAILABLE"  # noqa: S105
    INWAY_UNREACHABLE = "ERROR_CODE_INWAY_UNREACHABLE"


_UNPROCESSABLE: Final = 422
_OTHER_STATUS: Final[dict[ErrorCode, int]] = {
    ErrorCode.PEER_CERTIFICATE_VERIFICATION_FAILED: 400,
    ErrorCode.ACCESS_TOKEN_MISSING: 401,
    ErrorCode.ACCESS_TOKEN_INVALID: 401,
    ErrorCode.ACCESS_TOKEN_EXPIRED: 401,
    ErrorCode.WRONG_GROUP_ID_IN_TOKEN: 403,
    ErrorCode.SERVICE_NOT_FOUND: 404,
    ErrorCode.SERVICE_UNREACHABLE: 502,
    ErrorCode.METHOD_UNSUPPORTED: 405,
    ErrorCode.TRANSACTION_LOG_WRITE_ERROR: 500,
    ErrorCode.INVALID_LOG_RECORD_ID: 400,
    ErrorCode.MISSING_LOG_RECORD_ID: 400,
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.CONFLICT: 409,
    ErrorCode.BODY_TOO_LARGE: 413,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.MISSING_GRANT_HASH: 400,
    ErrorCode.UNKNOWN_GRANT_HASH_IN_HEADER: 400,
    ErrorCode.ACCESS_TOKEN_UNAVAILABLE: 502,
    ErrorCode.INWAY_UNREACHABLE: 502,
}


def status_of(code: ErrorCode) -> int:
    """HTTP status that goes with a code."""
    return _OTHER_STATUS.get(code, _UNPROCESSABLE)


class FscError(Exception):
    """Something that is answered with a code of the standard.

    Args:
        code: what went wrong.
        message: the same as a sentence for the person on the other side; holds no secret.
        status: HTTP status where it is another one than the code's own.
    """

    def __init__(self, code: ErrorCode, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or status_of(code)
