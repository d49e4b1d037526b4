"""`fsc txlog-api`."""

from __future__ import annotations

from wegennet.fsc.service.commands import component
from wegennet.fsc.txlog.process import PACKAGE, start
from wegennet.fsc.txlog.settings import TxlogSettings

app = component(TxlogSettings, start, migrations=PACKAGE)
