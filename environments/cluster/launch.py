"""Starts the node, finds it again, and ends it.

There is no file with a process id: the node is root's process whose command line names the node's module and this state
folder, and that is pid 1 of a namespace. So a stale file, a reused id, a removed folder or another user's look-alike
cannot mislead anybody.
"""

from __future__ import annotations

import hashlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.console.errors import PlatformFailure
from wegennet.environments.cluster import child, network, node, plan, supervisor
from wegennet.environments.cluster import state as state_module

if TYPE_CHECKING:
    from wegennet.environments.cluster.state import Link, State

_MODULE = node.__name__
_UNSHARE = (
    *("unshare", "--net", "--mount", "--pid", "--fork"),
    *("--mount-proc", "--propagation", "private"),
)
_END_PATIENCE = 15.0
_START_PATIENCE = 10.0


def code_digest() -> str:
    """Digest of the code that runs inside the node: another one means that the node must be started anew."""
    sources = [node, plan, child, supervisor, state_module]
    digest = hashlib.sha256()
    for module in sources:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:12]


def find(state: State) -> int | None:
    """The host's process id of the node's pid 1, when it runs."""
    return next(iter(nodes(state)), None)


def nodes(state: State) -> list[int]:
    """The host's process ids of all nodes of a state folder; more than one only after something went wrong."""
    return [pid for pid in _all_nodes() if _root_of(pid) == str(state.root)]


def namesake(state: State) -> Path | None:
    """The state folder of another running cluster whose names on this machine would be the same."""
    roots = {Path(_root_of(pid)) for pid in _all_nodes()} - {state.root}
    return next((root for root in roots if state_module.State(root).identity == state.identity), None)


def runs_this_code(pid: int) -> bool:
    """Whether a running node was started by the same code as this."""
    return _command_line(pid)[-1:] == [code_digest()]


def start(state: State, link: Link) -> int:
    """Starts the node and lays its link.

    Returns:
        The host's process id of the node's pid 1.

    Raises:
        PlatformFailure: the namespaces could not be made.
    """
    command = [*_UNSHARE, sys.executable, "-I", "-m", _MODULE, str(state.root), link.node, code_digest()]
    with (state.log / "node.log").open("ab") as log:
        outer = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=child.ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    assert outer.stdin is not None  # noqa: S101 - PIPE was asked for; this tells the type checker
    with outer.stdin as line:  # the node ends by itself when the line closes before the word is said
        pid = _wait_for_node(state, outer)
        network.lay(state, link, pid)
        line.write(b"linked\n")
    return pid


def stop(state: State) -> None:
    """Ends the node and all in it: asks first, so that the store closes its files, then ends it.

    Raises:
        PlatformFailure: the kernel does not end it.
    """
    for pid in nodes(state):
        handle = _open(pid)
        if handle is None:
            continue
        try:
            _end(handle)
        finally:
            os.close(handle)


def reread_plan(pid: int) -> None:
    """Tells the supervisor that its plan changed."""
    os.kill(pid, signal.SIGHUP)


def last_words(state: State, name: str = "node", count: int = 5) -> str:
    """The last lines of a log."""
    try:
        lines = (state.log / f"{name}.log").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-count:])


def _wait_for_node(state: State, outer: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + _START_PATIENCE
    while time.monotonic() < deadline and outer.poll() is None:
        pid = find(state)
        if pid is not None:
            return pid
        time.sleep(0.005)
    outer.kill()
    raise PlatformFailure(
        f"The node's namespaces could not be made:\n{last_words(state)}",
        remedy="`wegennet doctor` says what this machine lacks.",
    )


def _end(handle: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        signal.pidfd_send_signal(handle, number)
        if select.select([handle], [], [], _END_PATIENCE)[0]:
            return
    raise PlatformFailure("The node does not end, not even when killed.", remedy="Look at `dmesg` for a stuck disk.")


def _open(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _all_nodes() -> list[int]:
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in found if _root_of(pid) and _is_roots(pid) and _is_first_of_namespace(pid)]


def _root_of(pid: int) -> str:
    """The state folder that a node's command line names; empty for another process."""
    words = _command_line(pid)
    return words[words.index(_MODULE) + 1] if _MODULE in words[:-1] else ""


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="surrogateescape").split("\0")[:-1]
    except OSError:
        return []


def _is_roots(pid: int) -> bool:
    """Whether root of this namespace runs it: anybody may be pid 1 of a namespace and choose a command line."""
    try:
        return Path(f"/proc/{pid}").stat().st_uid == 0
    except OSError:
        return False


def _is_first_of_namespace(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    ids = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
    return len(ids) > 1 and ids[-1] == "1"
