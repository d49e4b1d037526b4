"""`fsc inway`."""

from __future__ import annotations

from wegennet.fsc.inway.settings import InwaySettings
from wegennet.fsc.inway.start import start
from wegennet.fsc.service.commands import component

app = component(InwaySettings, start)
