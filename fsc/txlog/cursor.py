"""Where a page of records ended: the sort key of its last record, in a form that callers only hand back."""

from __future__ import annotations

import base64
import binascii
from typing import Final, NamedTuple
from uuid import UUID

from wegennet.fsc.core.errors import ErrorCode, FscError

_LONGEST: Final = 100


class Cursor(NamedTuple):
    """The place right after a record, in either order: records that come in later do not move it."""

    created_at: int
    record_id: UUID

    def encoded(self) -> str:
        """The text for the caller."""
        return base64.urlsafe_b64encode(f"{self.created_at}:{self.record_id}".encode()).rstrip(b"=").decode()


def decode(text: str) -> Cursor:
    """The place that a caller hands back.

    Raises:
        FscError: it is not one of ours (INVALID_REQUEST).
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        created_at, _, record_id = (
            base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(":")
        )
        cursor = Cursor(int(created_at), UUID(record_id))
    except (ValueError, binascii.Error):
        cursor = None
    if cursor is None or cursor.encoded() != text or len(text) > _LONGEST:
        raise FscError(ErrorCode.INVALID_REQUEST, "The cursor is none that this log gave; leave it out for page one.")
    return cursor
