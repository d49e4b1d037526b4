"""Places in the checkout: the platform is deployed from its repository, with the charts beside the code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
"""The folder of Pulumi.yaml."""

CHART: Final = ROOT / "charts" / "wegennet-operator"
