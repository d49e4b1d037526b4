from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.waiting import eventually

from wegennet.platform import leftovers

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def lock(tmp_path: Path) -> Callable[..., Path]:
    """Puts a lock into the state's backend, as pulumi writes it."""

    def _lock(pid: int, host: str = socket.gethostname()) -> Path:
        file = tmp_path / "pulumi" / ".pulumi" / "locks" / "organization" / "wegennet" / "embedded" / "lock.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"pid": pid, "username": "root", "hostname": host, "timestamp": ""}))
        return file

    return _lock


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Starts something that waits under the name of a program."""

    def _start(name: str) -> subprocess.Popen[bytes]:
        file = tmp_path / "pulumi-cli" / "bin" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(shutil.which("sleep") or "/bin/sleep", file)
        started = subprocess.Popen([str(file), "60"])
        # The kernel reports that a program began shortly before its command line can be read.
        eventually(Path(f"/proc/{started.pid}/cmdline").read_bytes)
        return started

    return _start


def test_a_lock_of_a_dead_run_is_removed(tmp_path: Path, lock: Callable[..., Path]) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    file = lock(ended.pid)
    leftovers.tidy(tmp_path)
    assert not file.exists()


def test_a_lock_whose_number_another_program_has_now_is_removed(tmp_path: Path, lock: Callable[..., Path]) -> None:
    file = lock(os.getpid())
    leftovers.tidy(tmp_path)
    assert not file.exists()


def test_a_lock_of_a_live_run_stays(
    tmp_path: Path, lock: Callable[..., Path], program: Callable[..., subprocess.Popen[bytes]]
) -> None:
    with program("pulumi") as running:
        eventually(lambda: "pulumi" in Path(f"/proc/{running.pid}/cmdline").read_text())
        file = lock(running.pid)
        leftovers.tidy(tmp_path)
        running.kill()
    assert file.exists()


def test_a_lock_of_another_machine_stays(tmp_path: Path, lock: Callable[..., Path]) -> None:
    file = lock(1, host="elsewhere")
    leftovers.tidy(tmp_path)
    assert file.exists()


def test_the_provider_of_a_dead_run_is_ended(
    tmp_path: Path, lock: Callable[..., Path], program: Callable[..., subprocess.Popen[bytes]]
) -> None:
    with program("pulumi-resource-kubernetes") as orphan:
        lock(2**22 + 1)
        leftovers.tidy(tmp_path)
        assert eventually(lambda: orphan.poll() is not None, within=5)
