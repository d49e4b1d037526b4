"""A whole group as real processes on the loopback interface: a directory and peers, each with all its components."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.fsc.storage.errors import DatabaseError
from wegennet.fsc.storage.migrations import migrate
from wegennet.fsc.trial import certificates, demo, kept, postgres
from wegennet.fsc.trial.databases import Databases
from wegennet.fsc.trial.errors import Failure
from wegennet.fsc.trial.keys import KeyType
from wegennet.fsc.trial.layout import GROUP_ID, Component, members
from wegennet.fsc.trial.loopback import Network
from wegennet.fsc.trial.process import Process
from wegennet.fsc.trial.variables import Setting, variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from wegennet.fsc.trial.certificates import GroupFiles, MemberFiles
    from wegennet.fsc.trial.child import Child
    from wegennet.fsc.trial.demo import Demo
    from wegennet.fsc.trial.layout import Member
    from wegennet.fsc.trial.progress import Reporter

PACKAGES = {
    Component.MANAGER: "wegennet.fsc.manager",
    Component.CONTROLLER: "wegennet.fsc.controller",
    Component.TXLOG: "wegennet.fsc.txlog",
}
"""Where the migrations of a component are."""

_READY_WITHIN = 60.0
_STOP_WITHIN = 15.0
_PROBE_EVERY = 0.05
_START_ORDER = (
    (Component.TXLOG, Component.CONTROLLER, Component.MANAGER),
    (Component.INWAY, Component.OUTWAY),
)
_STOP_ORDER = (
    (Component.OUTWAY,),
    (Component.INWAY,),
    (Component.MANAGER, Component.CONTROLLER),
    (Component.TXLOG,),
)
"""Traffic ends where it comes in; what others write to ends last."""

_PASSED_ON = ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "LOG_LEVEL")
"""Variables of ours that the components get as well."""


@dataclass(frozen=True, slots=True)
class Options:
    """What kind of group.

    Attributes:
        peers: how many, beside the directory.
        folder: keeps certificates, data and logs; without it they are gone at the end.
        postgres_dsn: of a role that may make roles and databases; without it a server of our own.
        key_type: of the certificates.
        demo: offer a Service and agree on its use.
        extra: further variables of each component, for tests.
    """

    peers: int = 2
    folder: Path | None = None
    postgres_dsn: str | None = None
    key_type: KeyType = KeyType.EC
    demo: bool = False
    extra: Mapping[Component, Mapping[str, str]] = field(default_factory=dict)


class Peer:
    """A member with its certificates and its processes."""

    def __init__(self, member: Member, files: MemberFiles, processes: Mapping[Component, Process]) -> None:
        self.member = member
        self.files = files
        self.processes = processes


class Group:
    """A running group; `postgres` is None when its databases are on a server of others."""

    def __init__(
        self,
        folder: Path,
        network: Network,
        files: GroupFiles,
        members: Sequence[Peer],
        server: postgres.Server | None,
    ) -> None:
        self.id = GROUP_ID
        self.folder = folder
        self.network = network
        self.files = files
        self.postgres = server
        self.demo: Demo | None = None
        self.others: list[Child] = []
        """Processes that belong to no member."""
        self.directory, *self.peers = members

    @property
    def processes(self) -> list[Process]:
        """Every process of every member."""
        return [process for peer in (self.directory, *self.peers) for process in peer.processes.values()]

    def must_run(self) -> None:
        """Raises Failure when a process has ended."""
        if self.postgres:
            self.postgres.child.must_run()
        for child in (*self.others, *(process.child for process in self.processes)):
            child.must_run()


@contextmanager
def running(options: Options, reporter: Reporter, go_on: Callable[[], None] = lambda: None) -> Iterator[Group]:
    """Starts a group and waits until all of it is ready; stops it at the end.

    Args:
        options: what kind of group.
        reporter: shows how far the start is.
        go_on: called again and again during the start, which what it raises ends.

    Raises:
        Mistake: something on this machine has to be mended first.
        Failure: a component did not start; with the last lines of its log.
    """
    with kept.folder(options.folder) as folder, ExitStack() as stack:
        shape = kept.load(folder, options.peers)
        network = stack.enter_context(Network(shape.network))
        replace(shape, network=network.number).save(folder)
        everybody = members(options.peers, network.address)
        with reporter.stage("Certificates", 1):
            files = certificates.ensure(folder / "pki", everybody, options.key_type)
        with reporter.stage("PostgreSQL", 1):
            own = None if options.postgres_dsn else stack.enter_context(_server(options, folder, network))
        databases = own.databases if own else Databases(options.postgres_dsn or "")
        if options.folder is None and options.postgres_dsn:
            stack.callback(_drop, databases, everybody, shape.prefix)
        dsns = _databases(databases, everybody, shape.prefix, reporter, go_on)
        peers = _assemble(options, folder, files, everybody, dsns)
        group = Group(folder, network, files, peers, own)
        stack.callback(_stop, group.processes)
        _start(group.processes, reporter, go_on)
        if options.demo:
            _start_demo(group, reporter, stack)
        yield group


def _start_demo(group: Group, reporter: Reporter, stack: ExitStack) -> None:
    with reporter.stage("Demo", 1):
        backend = demo.backend(group)
        stack.callback(backend.stop)
        group.others.append(backend)
        group.demo = demo.agree(group)


def _server(options: Options, folder: Path, network: Network) -> AbstractContextManager[postgres.Server]:
    return postgres.server(folder / "postgres" if options.folder else None, network.address(0, 2))


def _databases(
    databases: Databases,
    everybody: Sequence[Member],
    prefix: str,
    reporter: Reporter,
    go_on: Callable[[], None],
) -> dict[tuple[str, Component], str]:
    """Makes and migrates a database for each component that keeps data; gives the DSNs."""
    wanted = [(member, component) for member in everybody for component in member.components if component.keeps_data]
    dsns = {}
    with reporter.stage("Databases", len(wanted)) as advance:
        for member, component in wanted:
            go_on()
            dsn = databases.create(_database(prefix, member, component))
            _migrate(dsn, component)
            dsns[member.peer_id, component] = dsn
            advance(f"{component.label} of {member.name}")
    return dsns


def _database(prefix: str, member: Member, component: Component) -> str:
    return f"{prefix}_{member.slug}_{component.label}".replace("-", "_")


def _migrate(dsn: str, component: Component) -> None:
    try:
        migrate(dsn, PACKAGES[component])
    except DatabaseError as error:
        raise Failure(f"The database of {component.label} cannot be made: {error}") from error


def _drop(databases: Databases, everybody: Sequence[Member], prefix: str) -> None:
    """Leaves nothing on a server that is not ours."""
    for member in everybody:
        for component in member.components:
            if component.keeps_data:
                databases.drop(_database(prefix, member, component))


def _assemble(
    options: Options,
    folder: Path,
    files: GroupFiles,
    everybody: Sequence[Member],
    dsns: Mapping[tuple[str, Component], str],
) -> list[Peer]:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    peers = []
    for member in everybody:
        own = {component: dsns[member.peer_id, component] for component in member.components if component.keeps_data}
        setting = Setting(member, everybody[0], files.trust_anchor, files.members[member.peer_id], own)
        processes = {
            component: Process(
                member,
                component,
                _inherited() | variables(setting, component) | dict(options.extra.get(component, {})),
                logs / f"{member.slug}-{component.label}.log",
            )
            for component in member.components
        }
        peers.append(Peer(member, setting.files, processes))
    return peers


def _inherited() -> dict[str, str]:
    """What the components have of our environment.

    Where Python should not leave bytecode beside the source, they keep it in the user's cache: to compile everything in
    each process takes half of a start.
    """
    inherited = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if sys.dont_write_bytecode:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        inherited.setdefault("PYTHONPYCACHEPREFIX", str(cache / "fsc" / "bytecode"))
    return inherited


def _start(processes: Sequence[Process], reporter: Reporter, go_on: Callable[[], None]) -> None:
    """Starts those that wait for nobody, and when they are ready those that ask them."""
    with reporter.stage("Components", len(processes)) as advance:
        for step in _START_ORDER:
            _start_step([process for process in processes if process.component in step], advance, go_on)


def _start_step(processes: Sequence[Process], advance: Callable[[str], None], go_on: Callable[[], None]) -> None:
    """Starts all at once, and waits until each says that it is ready."""
    for process in processes:
        go_on()
        process.start()
    deadline = time.monotonic() + _READY_WITHIN
    waiting = list(processes)
    while waiting:
        go_on()
        for process in [process for process in waiting if process.ready()]:
            waiting.remove(process)
            advance(process.name)
        if waiting and time.monotonic() > deadline:
            raise Failure(f"{waiting[0].name} is not ready after {_READY_WITHIN:.0f} s; see {waiting[0].log}.")
        time.sleep(_PROBE_EVERY)


def _stop(processes: Sequence[Process]) -> None:
    """Stops those that run, in order; those of one step at once."""
    for step in _STOP_ORDER:
        children = [process.child for process in processes if process.component in step and process.started]
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.wait(_STOP_WITHIN)
