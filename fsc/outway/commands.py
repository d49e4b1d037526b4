"""`fsc outway`."""

from __future__ import annotations

from wegennet.fsc.outway.settings import OutwaySettings
from wegennet.fsc.outway.start import start
from wegennet.fsc.service.commands import component

app = component(OutwaySettings, start)
