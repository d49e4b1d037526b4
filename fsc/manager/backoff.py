"""How long to wait before something that went wrong is tried again."""

from __future__ import annotations

import random
from typing import Final

SHORTEST: Final = 1.0
LONGEST: Final = 300.0


def pause(failures: int) -> float:
    """Seconds to wait after `failures` tries went wrong before: 1 s, doubled to 300 s, a quarter more or less of each.

    The jitter keeps those who failed together from coming back together.
    """
    middle = SHORTEST * 2.0 ** min(failures, 16)
    return min(LONGEST, max(SHORTEST, middle * random.uniform(0.75, 1.25)))  # noqa: S311 (no secret)
