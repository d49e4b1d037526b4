"""The life of a process: monitoring first, then what it needs, then its listeners; on SIGTERM it drains and ends."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import structlog
import uvloop

from wegennet.fsc.service import logs
from wegennet.fsc.service.metrics import Metrics
from wegennet.fsc.service.monitoring import Monitoring
from wegennet.fsc.service.supervision import Backoff, supervise
from wegennet.fsc.storage.database import Database
from wegennet.fsc.storage.errors import DatabaseError
from wegennet.fsc.storage.migrations import check
from wegennet.fsc.wire.errors import WireError
from wegennet.fsc.wire.limits import ClientLimits, Limits
from wegennet.fsc.wire.pool import ClientPool
from wegennet.fsc.wire.server import Server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from wegennet.fsc.service.settings import Address, Settings
    from wegennet.fsc.wire.message import Handler
    from wegennet.fsc.wire.tls import ClientTls, ServerTls

log = structlog.get_logger(__name__)
T = TypeVar("T")

DRAIN_SECONDS: Final = 20.0
"""How long requests under way may take after SIGTERM; Kubernetes ends a process after 30 s."""
_MISTAKE: Final = 1
_CRASH: Final = 2


class StartError(Exception):
    """The process cannot start with what it was given; the message is a sentence."""


class Process:
    """What a component's `start` gets: places to put its resources, listeners and background tasks.

    All that is put here ends in the reverse order: listeners drain, background tasks are cancelled, resources close.
    """

    def __init__(self, backoff: Backoff | None = None) -> None:
        self.metrics = Metrics()
        self.monitoring = Monitoring(self.metrics.registry)
        self._backoff = backoff or Backoff()
        self._servers: list[Server] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._resources = AsyncExitStack()

    async def enter(self, resource: AbstractAsyncContextManager[T]) -> T:
        """Opens a resource until the end of the process."""
        return await self._resources.enter_async_context(resource)

    async def database(self, dsn: str, package: str, *, connections: int = 10) -> Database:
        """The component's database: waited for, its schema checked, a part of readiness.

        Raises:
            SchemaError: it was not migrated to this version.
        """
        database = Database(dsn, connections=connections)
        await database.open()
        self._resources.push_async_callback(database.close)
        await check(database, package)
        self.monitoring.add_check("database", database.ping)
        return database

    def pool(self, tls: ClientTls | None = None, limits: ClientLimits | None = None) -> ClientPool:
        """Connections to other processes."""
        pool = ClientPool(tls, limits)
        self._resources.push_async_callback(pool.close)
        return pool

    async def listen(
        self,
        name: str,
        handler: Handler,
        address: Address,
        *,
        tls: ServerTls | None,
        limits: Limits | None = None,
        reuse_port: bool = False,
    ) -> None:
        """Serves `handler` at an address, which other processes may share with `reuse_port`.

        Raises:
            StartError: the address cannot be listened on.
        """
        server = Server(handler, tls=tls, limits=limits or Limits())
        try:
            await server.listen(address.host, address.port, reuse_port=reuse_port)
        except OSError as error:
            raise StartError(f"Cannot listen on {address} for {name}: {error.strerror or error}.") from error
        self._servers.append(server)
        log.info("listening", listener=name, address=str(address), tls=tls is not None)

    def background(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Runs a task until the end of the process; a crash is logged, counted, and the task started again."""
        self._tasks.append(asyncio.create_task(supervise(name, run, self.metrics, self._backoff), name=name))

    async def drain(self, seconds: float) -> None:
        """Takes no new connections, and lets requests under way end."""
        await asyncio.gather(*(server.drain(seconds) for server in self._servers))
        self._servers.clear()

    async def close(self) -> None:
        """Ends background tasks and closes resources."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._resources.aclose()


def run(settings: Settings, start: Callable[[Process], Awaitable[None]]) -> NoReturn:
    """Runs a component until a signal; ends the program with 0, 1 (a mistake that a person can mend) or 2 (a crash).

    Args:
        settings: for logs and monitoring.
        start: opens resources and listeners; the process is ready when it returns.
    """
    logs.configure(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_live(settings, start)))


async def _live(settings: Settings, start: Callable[[Process], Awaitable[None]]) -> int:
    stop = _signalled()
    process, outside = Process(), Process()
    try:
        await outside.listen("monitoring", process.monitoring, settings.monitoring_address, tls=None)
        if await _until(stop, start(process)):
            process.monitoring.serving = True
            log.info("started")
            await stop.wait()
        log.info("stopping")
        await _stop(process, settings.shutdown_delay.total_seconds())
    except (StartError, DatabaseError, WireError) as error:
        log.error("cannot start", reason=str(error))  # noqa: TRY400 (a sentence for a person, who needs no traceback)
        return getattr(error, "exit_code", _MISTAKE)
    except Exception:
        log.exception("crashed")
        return _CRASH
    finally:
        await process.drain(0)
        await process.close()
        await outside.drain(0)
    log.info("stopped")
    return 0


async def _stop(process: Process, delay: float) -> None:
    if process.monitoring.serving:
        process.monitoring.serving = False
        await asyncio.sleep(delay)
    await process.drain(DRAIN_SECONDS)


def _signalled() -> asyncio.Event:
    """An event for the first SIGTERM or SIGINT; the second one ends the process at once, as it does by default."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def once() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, once)
    return stop


async def _until(stop: asyncio.Event, starting: Awaitable[None]) -> bool:
    """Whether the start was complete before the signal; one that was not is cancelled."""
    tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(starting), asyncio.ensure_future(stop.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    started = tasks[0].done()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if started:
        tasks[0].result()
    return started
