from __future__ import annotations

from uuid import UUID

import pytest

from wegennet.fsc.core.errors import FscError
from wegennet.fsc.txlog.cursor import Cursor, decode

CURSOR = Cursor(1_790_000_000, UUID("01968f2e-0000-7000-8000-000000000001"))


def test_a_cursor_that_is_handed_back_is_the_same_place() -> None:
    assert decode(CURSOR.encoded()) == CURSOR


def test_a_cursor_needs_no_escapes_in_a_query() -> None:
    assert set(CURSOR.encoded()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "MTIz",
        "!!!!",
        "é",
        "MTox",
        CURSOR.encoded()[:-1],
        CURSOR.encoded() + "A",
        CURSOR.encoded() + "=",
        "A" * 9999,
    ],
)
def test_another_text_is_an_invalid_request(text: str) -> None:
    with pytest.raises(FscError, match="The cursor is none that this log gave"):
        decode(text)
