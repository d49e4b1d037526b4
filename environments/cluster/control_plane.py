"""A bare control plane for tests: etcd and a real API server on loopback, without nodes and without root."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Self

from wegennet.console.errors import PlatformFailure
from wegennet.environments.cluster import assembly, configuration, kubeconfig
from wegennet.environments.cluster.plan import Probe
from wegennet.environments.cluster.processes import API_SERVER_LIMITS, api_server_security
from wegennet.environments.cluster.state import SERVICES, write_private

if TYPE_CHECKING:
    from pathlib import Path

_LOOPBACK = "127.0.0.1"
_PATIENCE = 60.0
_EVERY = 0.05
_GRACE = 10.0


class ControlPlane:
    """Etcd and an API server, as a context manager; its data are gone with the folder.

    Args:
        folder: for certificates, data and logs.
        etcd: the program.
        apiserver: the program.
    """

    def __init__(self, folder: Path, etcd: Path, apiserver: Path) -> None:
        self.folder = folder
        self.pki = folder / "pki"
        self.kubeconfig = folder / "kubeconfig"
        self._programs = {"etcd": etcd, "kube-apiserver": apiserver}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._store_port, self._peer_port, self._port = _free_ports(3)

    @property
    def url(self) -> str:
        """The API server's URL."""
        return f"https://{_LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        assembly.write_identities(self.pki, _LOOPBACK)
        write_private(self.folder / "encryption.yaml", configuration.encryption())
        write_private(self.kubeconfig, kubeconfig.render(self.url, self.pki, "admin"))
        try:
            self._start_store()
            self.start_apiserver()
        except BaseException:
            self._stop_all()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop_all()

    def restart_apiserver(self) -> None:
        """Ends the API server and starts it again at the same address, with the same data."""
        self.stop_apiserver()
        self.start_apiserver()

    def stop_apiserver(self) -> None:
        """Ends the API server; the store keeps running."""
        self._stop("kube-apiserver")

    def start_apiserver(self) -> None:
        """Starts the API server and waits until it is ready."""
        arguments = [
            f"--etcd-servers=http://{_LOOPBACK}:{self._store_port}",
            f"--bind-address={_LOOPBACK}",
            f"--advertise-address={_LOOPBACK}",
            # The address of loopback may be no endpoint of a Service.
            "--endpoint-reconciler-type=none",
            f"--secure-port={self._port}",
            f"--service-cluster-ip-range={SERVICES}",
            *api_server_security(str(self.pki), str(self.folder)),
            *API_SERVER_LIMITS,
        ]
        self._start("kube-apiserver", arguments)
        self._wait("kube-apiserver", Probe(url=f"{self.url}/readyz", ca=str(self.pki / "ca.crt")))

    def _start_store(self) -> None:
        client, peer = f"http://{_LOOPBACK}:{self._store_port}", f"http://{_LOOPBACK}:{self._peer_port}"
        arguments = [
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]
        self._start("etcd", arguments)
        self._wait("etcd", Probe(url=f"{client}/health"))

    def _start(self, name: str, arguments: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [str(self._programs[name]), *arguments]
            environment = {"PATH": os.defpath}
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def _wait(self, name: str, probe: Probe) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not probe.passes():
            if self._running[name].poll() is not None or time.monotonic() > deadline:
                lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
                raise PlatformFailure(f"{name} does not get ready:\n" + "\n".join(lines[-10:]), where=str(self.folder))
            time.sleep(_EVERY)

    def _stop_all(self) -> None:
        for name in ("kube-apiserver", "etcd"):
            self._stop(name)

    def _stop(self, name: str) -> None:
        process = self._running.pop(name, None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; held all at once, so that they differ."""
    holders = [socket.create_server((_LOOPBACK, 0)) for _ in range(count)]
    ports = [int(holder.getsockname()[1]) for holder in holders]
    for holder in holders:
        holder.close()
    return ports
