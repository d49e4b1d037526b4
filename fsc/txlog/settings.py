"""The configuration of the transaction log, under OpenFSC's names."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from wegennet.fsc.service.settings import Address, Duration, ListenAddress, Stored
from wegennet.fsc.service.tls_settings import InternalTls


class TxlogSettings(Stored, InternalTls):
    """What `fsc txlog-api serve` reads; TX_LOG_RETENTION is ours."""

    listen_address: ListenAddress = Field(
        Address("0.0.0.0", 9443),  # noqa: S104
        description="the API, by internal certificates",
        examples=["0.0.0.0:9443"],
    )
    tx_log_retention: Duration = Field(
        timedelta(hours=8784),
        description="how long after their `created_at` records are kept; `0` keeps them for ever",
        examples=["8784h"],
    )
