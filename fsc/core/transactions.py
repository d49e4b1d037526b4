"""Transaction ids: UUIDs of version 7 (FSC Logging 1.4, 2.3; RFC 9562, 5.7)."""

from __future__ import annotations

import os
import re
import time
import uuid
from typing import Final

from wegennet.fsc.core.errors import ErrorCode, FscError

_VERSION_7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_RANDOM_A: Final = 0xFFF << 64
_RANDOM_B: Final = (1 << 62) - 1


def new_transaction_id() -> str:
    """A new id, in lower case: milliseconds since 1970, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    return str(uuid.UUID(int=milliseconds << 80 | _VERSION | _VARIANT | random & (_RANDOM_A | _RANDOM_B)))


def check_transaction_id(text: str | None) -> str:
    """The id of a request, as it stands in the header `Fsc-Transaction-Id`.

    Raises:
        FscError: it is missing, or no UUID of version 7.
    """
    if not text:
        raise FscError(ErrorCode.MISSING_LOG_RECORD_ID, "The header Fsc-Transaction-Id is missing.")
    if not _VERSION_7.fullmatch(text):
        raise FscError(ErrorCode.INVALID_LOG_RECORD_ID, "The header Fsc-Transaction-Id must be a UUID of version 7.")
    return text
