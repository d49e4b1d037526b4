"""The operator as one process: watches, leader election, workers, HTTP endpoints, wired together."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
import kopf
import structlog
from aiohttp import web

from wegennet.operators.cache import Cache
from wegennet.operators.client import ApiError, Client
from wegennet.operators.leader import Leader
from wegennet.operators.listing import Listing
from wegennet.operators.metrics import Metrics
from wegennet.operators.municipality import IncompleteError, MunicipalityReconciler
from wegennet.operators.resources import OWNED
from wegennet.operators.tenants import Tenants
from wegennet.operators.watches import MUNICIPALITY_PREFIX, settings
from wegennet.operators.web import application
from wegennet.operators.workqueue import WorkQueue

if TYPE_CHECKING:
    from wegennet.operators.connection import Connection

log = structlog.get_logger(__name__)

WORKERS: Final = 12
"""Reconciles at once; each waits for the API server nearly all of its time."""

WATCH_CONNECTIONS: Final = len(OWNED) + 4
"""One for each watch, and some for kopf's look at the API at its start."""

LEASE_NAME: Final = "wegennet-operator"


@dataclass(frozen=True)
class Options:
    """What differs between one replica and another."""

    identity: str
    """Name of this replica, unique among them."""
    namespace: str
    """Namespace of the Lease."""
    host: str
    """Address that the HTTP endpoints listen on."""
    port: int


class Operator:
    """One replica of the operator."""

    def __init__(self, connection: Connection, options: Options) -> None:
        self._connection = connection
        self._options = options
        self._metrics = Metrics()
        self._queue = WorkQueue()
        self._cache = Cache()
        self._tenants = Tenants()
        self._started = asyncio.Event()
        self._stopping = asyncio.Event()
        self._metrics.gauge("wegennet_queue_length", "Keys that wait for a reconcile.", lambda: len(self._queue))
        self._metrics.gauge("wegennet_municipalities", "Municipalities seen.", lambda: len(self._tenants))
        self._metrics.gauge("wegennet_objects", "Objects in the inventory.", lambda: len(self._cache))

    async def run(self) -> None:
        """Runs until a signal ends it."""
        self._heed_signals()
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(self._connection.session(WORKERS + 4))
            client = Client(session, self._metrics.observe_request)
            leader = Leader(
                client,
                namespace=self._options.namespace,
                name=LEASE_NAME,
                identity=self._options.identity,
                on_change=self._metrics.leader.set,
            )
            listing = Listing(client, self._cache, self._tenants, self._queue)
            stack.push_async_callback((await self._serve(listing)).cleanup)
            stack.push_async_callback(leader.release)
            await self._run_until_first_ends(client, leader, listing)

    def _heed_signals(self) -> None:
        """From now on a signal ends this replica: as process 1 of its container nothing else would."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number)

    def _stop(self, number: signal.Signals) -> None:
        log.info("stops", signal=number.name)
        self._stopping.set()

    async def _run_until_first_ends(self, client: Client, leader: Leader, listing: Listing) -> None:
        look_again = listing.watches.look_again
        reconciler = MunicipalityReconciler(client, self._cache, self._tenants, look_again)
        tasks = [
            asyncio.create_task(self._stopping.wait(), name="signals"),
            asyncio.create_task(leader.lead(), name="leader"),
            asyncio.create_task(listing.run(), name="listing"),
            *(asyncio.create_task(self._work(reconciler, leader, listing)) for _ in range(WORKERS)),
        ]
        tasks.append(asyncio.create_task(self._watch(listing), name="watches"))
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()

    async def _watch(self, listing: Listing) -> None:
        """Watches, once everything could be listed: kopf serves only the kinds that exist when it starts."""
        await listing.complete.wait()
        async with self._connection.session(WATCH_CONNECTIONS) as session:
            before = asyncio.all_tasks()
            watching = await kopf.spawn_tasks(
                registry=listing.watches.registry(self._connection.server, session),
                settings=settings(),
                clusterwide=True,
                standalone=True,
                ready_flag=self._started,
                stop_flag=self._stopping,
            )
            self._heed_signals()  # Kopf has just taken them for itself.
            await kopf.run_tasks(watching, ignored=before)

    async def _work(self, reconciler: MunicipalityReconciler, leader: Leader, listing: Listing) -> None:
        await listing.complete.wait()
        while True:
            key = await self._queue.take()
            await leader.elected.wait()
            with self._metrics.seconds.time():
                result = await self._reconcile(reconciler, key)
            self._metrics.reconciles.labels(result).inc()

    async def _reconcile(self, reconciler: MunicipalityReconciler, key: str) -> str:
        """One reconcile; an error of one municipality never stops the others."""
        try:
            await reconciler.reconcile(key.removeprefix(MUNICIPALITY_PREFIX))
        except IncompleteError:
            self._queue.failed(key)
            return "incomplete"
        except (ApiError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("reconcile failed", key=key, error=str(error), retry_in=self._queue.failed(key))
            return "error"
        except Exception:
            log.exception("reconcile failed by a defect", key=key, retry_in=self._queue.failed(key))
            return "error"
        self._queue.done(key)
        return "ok"

    async def _serve(self, listing: Listing) -> web.AppRunner:
        """Starts the HTTP endpoints; ready is who knows what exists and watches it."""
        app = application(
            ready=lambda: listing.complete.is_set() and self._started.is_set(), registry=self._metrics.registry
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, self._options.host, self._options.port).start()
        return runner
