from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wegennet.environments import rules
from wegennet.environments.model import SizeRule

RULE = SizeRule(small=4, medium=12)


@given(st.integers(min_value=0, max_value=9999))
def test_a_test_oin_has_20_digits_and_holds_the_code(number: int) -> None:
    oin = rules.generated_oin(f"GM{number:04}")
    assert (len(oin), oin[:8], int(oin[8:17]), oin[17:]) == (20, "00000099", number, "000")


@pytest.mark.parametrize(
    ("places", "size"), [(0, "small"), (4, "small"), (5, "medium"), (12, "medium"), (13, "large"), (89, "large")]
)
def test_the_bounds_belong_to_the_smaller_size(places: int, size: str) -> None:
    assert rules.by_places(places, RULE) == size
