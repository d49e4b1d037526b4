"""`fsc controller`."""

from __future__ import annotations

from wegennet.fsc.controller.process import PACKAGE, start
from wegennet.fsc.controller.settings import ControllerSettings
from wegennet.fsc.service.commands import component

app = component(ControllerSettings, start, migrations=PACKAGE)
