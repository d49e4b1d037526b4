"""Starts one replica of the operator; configured by environment variables of its Deployment.

POD_NAME (identity, default the host's name), POD_NAMESPACE (of the Lease, default wegennet-system), LISTEN_ADDRESS
(`host:port` of the HTTP endpoints, default 0.0.0.0:8080).
"""

from __future__ import annotations

import asyncio
import os
import socket

from wegennet.operators import logs
from wegennet.operators.api.group import SYSTEM_NAMESPACE
from wegennet.operators.connection import connect
from wegennet.operators.operator import Operator, Options


def _options() -> Options:
    host, _, port = os.environ.get("LISTEN_ADDRESS", "0.0.0.0:8080").rpartition(":")
    return Options(
        identity=os.environ.get("POD_NAME", socket.gethostname()),
        namespace=os.environ.get("POD_NAMESPACE", SYSTEM_NAMESPACE),
        host=host,
        port=int(port),
    )


async def _run() -> None:
    await Operator(connect(), _options()).run()


def main() -> None:
    """Runs until a signal ends it."""
    logs.configure()
    asyncio.run(_run())


if __name__ == "__main__":
    main()
