"""Kubernetes quantities in the form in which the API server writes them back.

What we apply must read back the same, or an unchanged object would look changed (k8s.io/apimachinery,
resource.Quantity, "Serialization": no fraction, the largest suffix that keeps the value exact).
"""

from __future__ import annotations

from typing import Final

_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti")
_STEP: Final = 1024
_MILLI: Final = 1000


def canonical_cpu(quantity: str) -> str:
    """CPU such as `1500m` or `2000m` (cores or thousandths of one) as the API server writes it: `1500m`, `2`."""
    if not quantity.endswith("m"):
        return str(int(quantity))
    thousandths = int(quantity.removesuffix("m"))
    return f"{thousandths}m" if thousandths % _MILLI else str(thousandths // _MILLI)


def canonical_bytes(quantity: str) -> str:
    """Bytes such as `2048Mi` or `4Gi` as the API server writes them: `2Gi`, `4Gi`."""
    digits = quantity.rstrip("KMGTi")
    power = _BINARY.index(quantity[len(digits) :])
    number = int(digits)
    while power and number % _STEP == 0 and power < len(_BINARY) - 1:
        number, power = number // _STEP, power + 1
    return f"{number}{_BINARY[power]}"
