"""Waits for a started node to become a cluster, and gives it the objects that belong to the cluster itself."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from wegennet.console.errors import PlatformFailure
from wegennet.environments.cluster import addons, launch, status
from wegennet.environments.cluster.images.store import ImageStore
from wegennet.environments.cluster.state import REAL_NODE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wegennet.console.progress import Stage
    from wegennet.environments.cluster.api import Api
    from wegennet.environments.cluster.plan import Process
    from wegennet.environments.cluster.state import State

_PATIENCE = 180.0
_EVERY = 0.05


class Rollout:
    """One run of `up` after the node was started or found running.

    Args:
        state: the cluster's state folder.
        node_pid: the host's process id of the node's pid 1.
        api: the API server as administrator.
        processes: what the supervisor was told to run.
        stage: where progress is shown.
    """

    def __init__(self, state: State, node_pid: int, api: Api, processes: list[Process], stage: Stage) -> None:
        self._state = state
        self._node_pid = node_pid
        self._api = api
        self._processes = processes
        self._stage = stage
        self._deadline = time.monotonic() + _PATIENCE
        stage.update("starting", done=0, total=len(processes) + 2)

    def finish(self, archives: list[Path]) -> None:
        """Brings the cluster to where pods run and find each other by name.

        Args:
            archives: images of the sandbox and of CoreDNS, in this order.
        """
        self._wait("containerd", lambda: "containerd" in self._ready())
        images = [ImageStore(self._node_pid).ensure(archive) for archive in archives]
        self._wait("the API server", lambda: "kube-apiserver" in self._ready())
        self._apply(addons.rights() + addons.dns(images[1]))
        self._wait("the real node to be registered", self._real_node_has_addresses)
        self._apply(addons.simulated_nodes())
        self._wait("all processes", lambda: len(self._ready()) == len(self._processes))
        self._wait("all nodes", self._nodes_are_ready)
        self._wait("DNS", lambda: status.of_dns(self._api).state == status.READY)

    def _apply(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            self._wait("the API server to take an object", partial(self._api.apply, item))

    def _ready(self) -> set[str]:
        if not status.runs_as_planned(self._state, self._processes):
            return set()
        return {item.name for item in status.of_processes(self._state) if item.state == status.READY}

    def _real_node_has_addresses(self) -> bool:
        """The simulated nodes come second, so that the first share of the pods' range is the real node's."""
        node = self._api.get(f"/api/v1/nodes/{REAL_NODE}")
        return bool(node and node["spec"].get("podCIDR"))

    def _nodes_are_ready(self) -> bool:
        """Only the cluster's own: a node that a person added may be whatever it likes."""
        nodes = status.of_nodes(self._api)
        self._stage.update("nodes", done=len(self._processes))
        ready = {node.name for node in nodes if node.state == status.READY}
        return ready.issuperset(f"node/{name}" for name in (REAL_NODE, *addons.SIMULATED_NODES))

    def _wait(self, what: str, condition: Callable[[], bool]) -> None:
        while not condition():
            self._stage.update(f"waiting for {what}", done=max(self._stage.done, len(self._ready())))
            if launch.find(self._state) != self._node_pid:
                raise PlatformFailure(f"The node ended:\n{launch.last_words(self._state)}")
            if time.monotonic() > self._deadline:
                raise self._gave_up(what)
            time.sleep(_EVERY)

    def _gave_up(self, what: str) -> PlatformFailure:
        late = [item for item in status.of_processes(self._state) if item.state != status.READY]
        lines = [f"- {item.name}: {item.state} {item.detail}\n{self._log_of(item.name)}" for item in late]
        return PlatformFailure(
            f"The cluster did not get ready in {_PATIENCE:.0f} s; it waits for {what}.\n" + "\n".join(lines),
            where=str(self._state.root),
            remedy=f"The logs are in {self._state.log}. Mend the cause and run the command again.",
        )

    def _log_of(self, name: str) -> str:
        return launch.last_words(self._state, name, 3)
