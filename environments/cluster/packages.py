"""Debian packages that the node's programs need; named when missing, installed on request."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.console.errors import PlatformFailure, UserMistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.console.progress import Reporter, Stage

NEEDED = (
    "containerd",
    "runc",
    "containernetworking-plugins",
    "iptables",
    "nftables",
    "ipset",
    "conntrack",
    "iproute2",
    "ethtool",
    "socat",
    "kmod",
)
"""What containerd, kubelet, kube-proxy and kube-router call; the node itself calls iproute2 and kmod."""

_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
_POLICY = Path("/usr/sbin/policy-rc.d")
_POLICY_TEXT = "#!/bin/sh\n# For the length of one apt-get call: packages must not start their services.\nexit 101\n"


def missing() -> list[str]:
    """Names of the needed packages that are not installed; empty when the machine has all.

    Raises:
        UserMistake: the machine is no Debian (or derivative), so nothing is known about its packages.
    """
    if shutil.which("dpkg-query") is None:
        raise UserMistake(
            "This machine has no dpkg: the embedded cluster needs Debian or a derivative of it.",
            remedy="Use a Debian machine, or an existing cluster with --context NAME.",
        )
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *NEEDED]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in NEEDED if name not in installed]


def install(names: list[str], reporter: Reporter) -> None:
    """Installs packages with apt-get, without starting the services that they bring and without removing any.

    Raises:
        UserMistake: the caller is not root, or another installed package stands in the way.
        PlatformFailure: apt-get failed; its last lines are in the message.
    """
    if os.geteuid() == 0:
        _remove_left_policy()
    if not names:
        return
    if os.geteuid() != 0:
        raise UserMistake(
            f"These Debian packages are missing: {' '.join(names)}.",
            remedy=f"Run this command as root, or: sudo apt-get install {' '.join(names)}",
        )
    with reporter.stage(f"Debian packages: {' '.join(names)}") as stage:
        _update_when_unknown(names, stage)
        _require_no_conflict(names)
        services = [name for name in names if name == "containerd"]
        with _no_services_started():
            _install(names, stage)
        _disable(services)


def candidates(names: list[str]) -> dict[str, str]:
    """The version that apt would install of each package; names that apt does not know are absent."""
    answer = subprocess.run(
        ["apt-cache", "policy", *names], capture_output=True, text=True, check=False, env=os.environ | _ENVIRONMENT
    )
    versions: dict[str, str] = {}
    name = ""
    for line in answer.stdout.splitlines():
        if not line.startswith(" "):
            name = line.rstrip(":")
        elif line.startswith("  Candidate: ") and not line.endswith("(none)"):
            versions[name] = line.removeprefix("  Candidate: ")
    return versions


def update(stage: Stage) -> None:
    """Fetches the lists of packages (`apt-get update`)."""
    _apt_get(["update"], stage)


def _install(names: list[str], stage: Stage) -> None:
    command = ["install", "--yes", "--no-install-recommends", "--no-remove", *names]
    try:
        _apt_get(command, stage)
    except PlatformFailure:  # lists that are some weeks old name versions that the archive no longer has
        update(stage)
        _apt_get(command, stage)


def _require_no_conflict(names: list[str]) -> None:
    """Raises UserMistake when apt would have to remove something: what a person installed is theirs."""
    conflicts = _removed_by(names)
    if conflicts:
        raise UserMistake(
            f"These installed packages conflict with those that the cluster needs: {' '.join(conflicts)}.",
            where=f"apt-get install {' '.join(names)}",
            remedy="Docker's own containerd.io is the usual one. Remove them yourself if nothing needs them, "
            "or use an existing cluster with --context NAME.",
        )


def _removed_by(names: list[str]) -> list[str]:
    """The installed packages that apt would remove to install others; a simulation, which changes nothing."""
    command = ["apt-get", "--simulate", "--no-install-recommends", "install", *names]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | _ENVIRONMENT)
    return [line.split()[1] for line in answer.stdout.splitlines() if line.startswith("Remv ")]


def _update_when_unknown(names: list[str], stage: Stage) -> None:
    if set(candidates(names)) != set(names):
        update(stage)


def _apt_get(arguments: list[str], stage: Stage) -> None:
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments]
    last: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | _ENVIRONMENT,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for; this tells the type checker
        for line in process.stdout:
            last = [*last[-9:], line.rstrip()]
            stage.update(line.strip()[:80])
    if process.returncode != 0:
        raise PlatformFailure(
            f"apt-get {arguments[0]} failed:\n" + "\n".join(last),
            remedy="Mend what apt-get says (network, sources, a held lock), then run the command again.",
        )


def _remove_left_policy() -> None:
    """Removes the switch that a run which was killed left behind, unless another run needs it at this moment."""
    with _policy_lock(wait=False) as held:
        if held and _POLICY.is_file() and _POLICY.read_text() == _POLICY_TEXT:
            _POLICY.unlink()


@contextmanager
def _policy_lock(*, wait: bool) -> Iterator[bool]:
    """Held while the switch is ours; on its folder, since a file for it would stay behind. Says whether it is held."""
    descriptor = os.open(_POLICY.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield _lock(descriptor, wait=wait)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Holds Debian's own switch (policy-rc.d) on "do not start" while packages are installed."""
    with _policy_lock(wait=True), _policy():
        yield


@contextmanager
def _policy() -> Iterator[None]:
    ours = not _POLICY.exists()
    if ours:
        _POLICY.write_text(_POLICY_TEXT)
        _POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            _POLICY.unlink(missing_ok=True)


def _disable(services: list[str]) -> None:
    """Keeps systemd from starting the services at the next boot; the node runs its own."""
    if services and Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "disable", "--quiet", *services], check=False, capture_output=True)
