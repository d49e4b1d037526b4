"""`fsc manager`: `serve`, and `migrate up`."""

from __future__ import annotations

from wegennet.fsc.manager.process import PACKAGE, start
from wegennet.fsc.manager.settings import ManagerSettings
from wegennet.fsc.service.commands import component

app = component(ManagerSettings, start, migrations=PACKAGE)
