from __future__ import annotations

import time
import uuid

import pytest

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.transactions import check_transaction_id, new_transaction_id

GOOD = "018f22e2-79b0-7cc8-98c4-dc0c0c07398f"


def test_new_id_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_transaction_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_new_id_begins_with_the_milliseconds() -> None:
    before, made, after = time.time_ns(), uuid.UUID(new_transaction_id()), time.time_ns()
    assert before // 1_000_000 <= made.int >> 80 <= after // 1_000_000


def test_new_ids_differ() -> None:
    assert len({new_transaction_id() for _ in range(10_000)}) == 10_000


def test_every_random_bit_is_used() -> None:
    seen = 0
    for _ in range(200):
        seen |= uuid.UUID(new_transaction_id()).int
    assert seen & ((1 << 80) - 1) == (0x7FFF << 64) | (0xBFFF << 48) | (1 << 48) - 1


@pytest.mark.parametrize("text", [GOOD, GOOD.upper(), new_transaction_id()])
def test_id_is_given_back_unchanged(text: str) -> None:
    assert check_transaction_id(text) == text


@pytest.mark.parametrize("text", [None, ""])
def test_missing_id_has_a_code_of_its_own(text: str | None) -> None:
    with pytest.raises(FscError) as caught:
        check_transaction_id(text)
    assert (caught.value.code, caught.value.status) == (ErrorCode.MISSING_LOG_RECORD_ID, 400)


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        " " + GOOD,
        GOOD.replace("-", ""),
        "{" + GOOD + "}",
        "urn:uuid:" + GOOD,
        GOOD.replace("-7", "-4"),
        GOOD.replace("-98", "-18"),
        GOOD.replace("0", "g"),
        GOOD.replace("0", "\u0660"),
        f"{GOOD},{GOOD}",
        str(uuid.UUID(int=0)),
        "x" * 100_000,
    ],
)
def test_id_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(FscError) as caught:
        check_transaction_id(text)
    assert (caught.value.code, caught.value.status) == (ErrorCode.INVALID_LOG_RECORD_ID, 400)
