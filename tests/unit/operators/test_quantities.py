"""Quantities as the API server writes them back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wegennet.operators.desired.quantities import canonical_bytes, canonical_cpu

_POWERS = {"": 0, "Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4}


def value(quantity: str) -> int:
    digits = quantity.rstrip("KMGTi")
    return int(digits) * 1024 ** _POWERS[quantity[len(digits) :]]


@pytest.mark.parametrize(("given", "written"), [("1500m", "1500m"), ("2000m", "2"), ("4", "4")])
def test_cpu(given: str, written: str) -> None:
    assert canonical_cpu(given) == written


@pytest.mark.parametrize(
    ("given", "written"),
    [("2048Mi", "2Gi"), ("1536Mi", "1536Mi"), ("1024", "1024"), ("1024Gi", "1Ti"), ("1048576Ki", "1Gi")],
)
def test_bytes(given: str, written: str) -> None:
    assert canonical_bytes(given) == written


@given(st.integers(1, 10**9), st.sampled_from(list(_POWERS)))
def test_the_value_stays_and_writing_twice_changes_nothing(number: int, suffix: str) -> None:
    written = canonical_bytes(f"{number}{suffix}")
    assert value(written) == value(f"{number}{suffix}")
    assert canonical_bytes(written) == written
