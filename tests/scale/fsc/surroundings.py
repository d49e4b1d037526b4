"""What is measured: a trial group with a Service behind nginx, and two nginx in the gateways' places beside it."""

from __future__ import annotations

import asyncio
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scale.fsc import agreement, nginx
from scale.fsc.load import Target
from wegennet.fsc.trial.child import Child
from wegennet.fsc.trial.errors import Failure
from wegennet.fsc.trial.group import Options, running
from wegennet.fsc.trial.layout import Component

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wegennet.fsc.trial.group import Group
    from wegennet.fsc.trial.process import Process
    from wegennet.fsc.trial.progress import Reporter

_KIB: Final = 1024
FILES: Final = {"1k": _KIB, "1m": _KIB**2, "1g": _KIB**3}
"""What the backend serves, by name and size; `/up` takes any body."""

_PORT: Final = 8000
_WITHIN: Final = 30.0
_EVERY: Final = 0.05
_AUTO_SIGN: Final = {Component.MANAGER: {"AUTO_SIGN_GRANTS": "servicePublication,serviceConnection"}}


_ADDRESSES: Final = {"backend": 3, "sink": 4, "outward": 5, "inward": 6, "token": 7}
"""The last number of the address of each server of the benchmark itself."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that runs.

    Attributes:
        grant_hash: of the grant under which the Outway's requests go.
        direct: straight to the backend.
        floor: through two nginx.
        fsc: through Outway and Inway.
        tokens: the provider's Manager, with the Outway's certificate.
    """

    group: Group
    grant_hash: str
    direct: Target
    floor: Target
    fsc: Target
    tokens: Target

    @property
    def targets(self) -> tuple[Target, ...]:
        return self.direct, self.floor, self.fsc


@contextmanager
def surroundings(reporter: Reporter, processes: int) -> Iterator[Surroundings]:
    """Starts everything, each gateway with so many processes, and stops it at the end.

    Raises:
        Failure: something did not start.
    """
    shared = {"REUSE_PORT": "true"} if processes > 1 else {}
    extra = {**_AUTO_SIGN, Component.INWAY: shared, Component.OUTWAY: shared}
    with running(Options(peers=2, extra=extra), reporter) as group, ExitStack() as stack:
        provider, consumer = group.peers
        gateways = {
            "outway": _multiplied(consumer.processes[Component.OUTWAY], processes, stack),
            "inway": _multiplied(provider.processes[Component.INWAY], processes, stack),
        }
        at = {name: f"{group.network.address(0, number)}:{_PORT}" for name, number in _ADDRESSES.items()}
        servers = _start_nginx(group, at, stack)
        for address in at.values():
            _await(f"http://{address}/", plain=address != at["inward"])
        grant_hash = asyncio.run(agreement.agree(group, f"http://{at['backend']}"))
        yield Surroundings(group, grant_hash, *_targets(group, grant_hash, at, servers, gateways))


def _targets(
    group: Group,
    grant_hash: str,
    at: dict[str, str],
    servers: dict[str, Child],
    gateways: dict[str, list[int]],
) -> tuple[Target, Target, Target, Target]:
    """`direct`, `floor`, `fsc` and `tokens`."""
    pids = {name: [child.pid] for name, child in servers.items()}
    backend = {"backend": pids["backend"] + pids["sink"]}
    storage = {"postgres": [group.postgres.child.pid] if group.postgres else []}
    logs = {"transaction logs": [peer.processes[Component.TXLOG].child.pid for peer in group.peers]}
    provider, consumer = group.peers
    manager = [provider.processes[Component.MANAGER].child.pid]
    between = {name: pids[name] for name in ("outward", "inward")}
    own = {"Fsc-Grant-Hash": grant_hash}
    return (
        Target("direct", f"http://{at['backend']}", {}, backend),
        Target("nginx", f"http://{at['outward']}", {}, {**between, **backend}),
        Target("fsc", consumer.member.addresses["outway"], own, {**gateways, **logs, **storage, **backend}),
        Target("manager", f"http://{at['token']}", {}, {"manager": manager, **storage, "nginx": pids["outward"]}),
    )


def _start_nginx(group: Group, at: dict[str, str], stack: ExitStack) -> dict[str, Child]:
    provider, consumer = group.peers
    anchor, folder = group.files.trust_anchor, group.folder / "nginx"
    outway, inway = consumer.files.group["outway"], provider.files.group["inway"]
    manager = provider.member.addresses["manager"].removeprefix("https://")
    children = {
        "sink": Child(
            "sink", [sys.executable, "-m", "scale.fsc.sink", *at["sink"].split(":")], group.folder / "sink.log"
        ),
        "backend": nginx.start(
            "backend", folder / "backend", nginx.backend(at["backend"], _content(group.folder), at["sink"])
        ),
        "inward": nginx.start("inward", folder / "inward", nginx.incoming(at["inward"], at["backend"], inway, anchor)),
        "outward": nginx.start(
            "outward",
            folder / "outward",
            nginx.outgoing(
                "inward",
                at["outward"],
                at["inward"],
                host=provider.member.domain(Component.INWAY),
                files=outway,
                roots=anchor,
            ),
            nginx.outgoing(
                "token",
                at["token"],
                manager,
                host=provider.member.domain(Component.MANAGER),
                files=outway,
                roots=anchor,
            ),
        ),
    }
    for child in children.values():
        stack.callback(child.stop)
    return children


def _content(folder: Path) -> Path:
    """The files of the backend."""
    content = folder / "content"
    content.mkdir()
    for name, size in FILES.items():
        with (content / name).open("wb") as file:
            file.truncate(size)
    return content


def _multiplied(first: Process, processes: int, stack: ExitStack) -> list[int]:
    """Starts further processes of a gateway on the same address; gives all their ids."""
    pids = [first.child.pid]
    host, _, port = first.variables["MONITORING_ADDRESS"].rpartition(":")
    for number in range(1, processes):
        monitoring = f"{host}:{int(port) + number}"
        argv = [sys.executable, "-m", "wegennet.fsc", first.component.label, "serve"]
        environment = first.variables | {"MONITORING_ADDRESS": monitoring}
        child = Child(first.name, argv, first.log, env=environment)
        stack.callback(child.stop)
        _await(f"http://{monitoring}/health/ready")
        pids.append(child.pid)
    return pids


def _await(url: str, *, plain: bool = True) -> None:
    """Waits until a server answers; one with TLS refuses plain requests, which is an answer too."""
    deadline = time.monotonic() + _WITHIN
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            if error.code < 500 or not plain:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise Failure(f"{url} does not answer after {_WITHIN:.0f} s.")
        time.sleep(_EVERY)
