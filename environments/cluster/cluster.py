"""The embedded cluster as one thing: up, down, status, reset, and its images."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wegennet import toolchain
from wegennet.console.errors import UserMistake
from wegennet.environments.cluster import assembly, cgroups, launch, lock, machine, network, packages, status
from wegennet.environments.cluster.api import Api
from wegennet.environments.cluster.images import operator, programs
from wegennet.environments.cluster.images.oci import reference_of
from wegennet.environments.cluster.images.store import ImageStore
from wegennet.environments.cluster.processes import Settings, server
from wegennet.environments.cluster.rollout import Rollout
from wegennet.environments.cluster.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wegennet.console.progress import Reporter
    from wegennet.environments.cluster.plan import Process
    from wegennet.environments.cluster.status import ComponentStatus

TOOLS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kube-router",
    "kwok",
    "coredns",
    "pause",
)


class Cluster:
    """One embedded cluster; everything about it derives from its state folder.

    Args:
        state: the state folder; it need not exist yet.
        fsync: whether etcd waits for the disk; what the first start says holds for good. Tests and benchmarks turn
            it off; a crash of the machine can then lose the cluster's data.
    """

    def __init__(self, state: Path, *, fsync: bool = True) -> None:
        self.state = State.at(state)
        self._fsync = fsync

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; there once the cluster was up for the first time."""
        return self.state.kubeconfig

    def up(self, reporter: Reporter) -> None:
        """Brings the cluster up, or repairs what is not right; changes nothing when all is well.

        Raises:
            UserMistake: the machine lacks something that only a person can give it.
            PlatformFailure: a component does not become ready.
        """
        machine.require_root()
        packages.install(packages.missing(), reporter)
        tools = toolchain.ensure(TOOLS, reporter)
        machine.require_visible(tools.path("etcd"))
        with self._locked_anew(reporter), reporter.stage("Embedded cluster") as stage:
            archives = [programs.archive(name, tools.path(name)) for name in ("pause", "coredns")]
            fsync = self.state.fsync(wished=self._fsync)
            settings = Settings(network.take_link(self.state), tools.path, fsync=fsync)
            processes = assembly.write(self.state, settings, reference_of(archives[0]))
            pid = self._run(settings, processes)
            Rollout(self.state, pid, Api(settings.server, self.state.pki), processes, stage).finish(archives)

    def down(self, reporter: Reporter) -> None:
        """Ends the cluster and removes all that it put on the machine; its data stay in the state folder."""
        machine.require_root()
        with self._locked(reporter), reporter.stage("Ending the embedded cluster"):
            self._remove_from_machine()

    def reset(self, reporter: Reporter) -> None:
        """Ends the cluster and removes its state folder, with all data and the Pulumi state in it.

        Raises:
            UserMistake: the folder holds something, but no cluster's state.
        """
        machine.require_root()
        self._require_ours()
        with self._locked(reporter), reporter.stage("Removing the embedded cluster"):
            self._remove_from_machine()
            if self.state.root.exists():
                shutil.rmtree(self.state.root)

    def status(self) -> list[ComponentStatus]:
        """The state of each process, of the nodes and of DNS."""
        self._require_readable()
        if launch.find(self.state) is None:
            return status.stopped(self.state)
        api = Api(self._server(), self.state.pki)
        return [*status.of_processes(self.state), *status.of_nodes(api), status.of_dns(api)]

    def import_image(self, archive: Path) -> str:
        """Imports an OCI archive into the running cluster.

        Returns:
            The reference that pins its image by digest.

        Raises:
            UserMistake: the cluster does not run, or the file is no image archive with a name.
        """
        pid = launch.find(self.state)
        if pid is None:
            raise UserMistake("The embedded cluster does not run.", remedy="Start it with `wegennet cluster up`.")
        return ImageStore(pid).ensure(archive)

    def ensure_images(self, reporter: Reporter) -> dict[str, str]:
        """Builds and imports the project's images; does nothing when their content is there already.

        Returns:
            References pinned by digest, by name: `operator`.
        """
        return {"operator": self.import_image(operator.archive(reporter))}

    def _run(self, settings: Settings, processes: list[Process]) -> int:
        """Sees to it that a node runs that was started by this code, with this plan."""
        pid = launch.find(self.state)
        if pid is not None and launch.runs_this_code(pid) and network.exists(self.state):
            if not status.runs_as_planned(self.state, processes):
                launch.reread_plan(pid)
            return pid
        machine.require_kernel()
        self._remove_from_machine()
        cgroups.prepare(self.state.cgroup)
        return launch.start(self.state, settings.link)

    def _remove_from_machine(self) -> None:
        self._require_own_names()
        launch.stop(self.state)
        network.remove(self.state)
        cgroups.remove(self.state.cgroup)
        status.forget(self.state)

    def _server(self) -> str:
        link = self.state.link()
        if link is None:
            raise UserMistake("The embedded cluster was never started.", remedy="Start it: `wegennet cluster up`.")
        return server(link)

    def _require_ours(self) -> None:
        root = self.state.root
        if root.is_dir() and any(root.iterdir()) and self.state.link() is None:
            raise UserMistake(
                "This folder holds something else than a cluster's state; nothing was removed.",
                where=str(root),
                remedy="Name the right folder with --state.",
            )

    def _require_own_names(self) -> None:
        other = launch.namesake(self.state)
        if other is not None:
            raise UserMistake(
                "Another cluster runs whose names on this machine would be the same as this one's.",
                where=str(other),
                remedy="Name another folder with --state.",
            )

    def _require_readable(self) -> None:
        if self.state.root.exists() and not os.access(self.state.root, os.R_OK | os.X_OK):
            raise UserMistake(
                "This cluster belongs to another user.",
                where=str(self.state.root),
                remedy="Run the command as that user (root), or name your own folder with --state.",
            )

    @contextmanager
    def _locked(self, reporter: Reporter) -> Iterator[bool]:
        """One command at a time changes a cluster; a second one says that it waits."""
        message = "Another command is changing this cluster; waiting for it to end."
        with lock.held(self.state.lock, lambda: reporter.line(message)) as held:
            yield held

    @contextmanager
    def _locked_anew(self, reporter: Reporter) -> Iterator[None]:
        """The same, and the state folder is there: a reset that was waited for has removed it."""
        while True:
            self.state.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._locked(reporter) as held:
                if held:
                    self._make_private()
                    yield
                    return

    def _make_private(self) -> None:
        """Closes the state folder to others, who made it or not."""
        root = self.state.root
        if root.stat().st_mode & stat.S_ISVTX:
            raise UserMistake(
                "A folder that all users share cannot hold a cluster's state.",
                where=str(root),
                remedy="Name a folder of your own with --state.",
            )
        root.chmod(0o700)
