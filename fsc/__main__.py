"""`python -m wegennet.fsc` is the command `fsc`."""

from __future__ import annotations

from wegennet.fsc.cli.main import main

main()
