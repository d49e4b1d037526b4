"""Starts one replica of the operator; configured by environment variables of its Deployment.

POD_NAME (identity, default the host's name), POD_NAMESPACE (of the Lease, default wegennet-system), LISTEN_ADDRESS
(`host:port` of the HTTP endpoints, default 0.0.0.0:8080). Exit code 1 when leadership was lost: Kubernetes starts it
anew.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import structlog

from wegennet.operators import logs
from wegennet.operators.api.group import SYSTEM_NAMESPACE
from wegennet.operators.connection import connect
from wegennet.operators.leader import LostLeadershipError
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


def main() -> int:
    """Runs until a signal ends it; gives the exit code."""
    logs.configure()
    try:
        asyncio.run(_run())
    except LostLeadershipError as error:
        structlog.get_logger(__name__).error("leadership lost", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
