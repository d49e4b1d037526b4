"""Durations as Go writes them, which OpenFSC's configuration is in: `1h30m`, `5s`, `300ms`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_MICROSECONDS: Final = {
    "ns": 0.001,
    "us": 1.0,
    "µs": 1.0,
    "ms": 1e3,
    "s": 1e6,
    "m": 60e6,
    "h": 3600e6,
}
_PART: Final = r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)"
_WHOLE: Final = re.compile(f"(?:{_PART})+")


def parse_duration(text: str) -> timedelta:
    """The duration that `text` says; "0" needs no unit.

    Raises:
        ValueError: not a duration, negative, or longer than Python can tell.
    """
    if text == "0":
        return timedelta(0)
    if _WHOLE.fullmatch(text) is None:
        raise ValueError("must be a duration such as 1h30m, 5s or 300ms")
    try:
        return timedelta(microseconds=sum(float(n) * _MICROSECONDS[unit] for n, unit in re.findall(_PART, text)))
    except OverflowError as error:
        raise ValueError("must be a shorter duration") from error
