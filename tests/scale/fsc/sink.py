"""A Service that takes any body and answers how long it was. `python -m scale.fsc.sink HOST PORT` runs it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import uvloop

from wegennet.fsc.wire.message import Response
from wegennet.fsc.wire.server import Server

if TYPE_CHECKING:
    from wegennet.fsc.wire.message import Request


async def count(request: Request) -> Response:
    size = 0
    async for chunk in request.body:
        size += len(chunk)
    return Response(200, [(b"content-type", b"text/plain")], b"%d" % size)


async def serve(host: str, port: int) -> None:
    await Server(count).listen(host, port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
