from __future__ import annotations

import pytest

from wegennet.console.errors import UserMistake
from wegennet.platform.removal import Removal, check


def going(number: int, lifecycle: str | None = "Active", *, deleting: bool = False) -> Removal:
    return Removal(f"gm{number:04}", f"urn:gm{number:04}", lifecycle, deleting)


def refusal(removals: list[Removal], named: set[str] | None = None, declared: set[str] | None = None) -> str:
    with pytest.raises(UserMistake) as caught:
        check(removals, named=named or set(), declared=declared or {"gm0001"}, where="municipalities.csv")
    return str(caught.value)


def allowed(removals: list[Removal], *named: str) -> None:
    check(removals, named=set(named), declared={"gm0001"}, where="municipalities.csv")


def test_nothing_to_remove_is_allowed() -> None:
    allowed([])


def test_one_that_is_leaving_may_go_without_a_name() -> None:
    allowed([going(513, "Leaving")])


def test_one_that_is_not_leaving_has_to_be_named() -> None:
    assert "GM0513" in refusal([going(513)])
    allowed([going(513)], "gm0513")


def test_two_that_are_leaving_have_to_be_named_both() -> None:
    removals = [going(513, "Leaving"), going(599, "Leaving")]
    assert "2 municipalities of 3" in refusal(removals)
    assert "not named: GM0599" in refusal(removals, {"gm0513"})
    allowed(removals, "gm0513", "gm0599")


def test_one_that_is_leaving_beside_a_named_one_has_to_be_named() -> None:
    assert "not named: GM0513" in refusal([going(513, "Leaving"), going(599)], {"gm0599"})


def test_a_truncated_list_says_how_many_would_go() -> None:
    text = refusal([going(number) for number in range(2, 343)])
    assert "341 municipalities of 342" in text
    assert "and 331 more" in text


def test_what_is_already_being_deleted_or_gone_needs_no_name() -> None:
    allowed([going(513, deleting=True), going(599, None), going(80, None)])


def test_what_is_named_must_not_be_listed_any_more() -> None:
    assert "still listed: GM0001" in refusal([], {"gm0001"})
