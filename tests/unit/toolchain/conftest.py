"""A machine of its own for each test: an empty cache, and a PATH with nothing on it but what the test puts there."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wegennet.console.progress import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator

FAKE_GO = Path(__file__).with_name("fake_go.py")


@dataclass(frozen=True)
class Machine:
    """Folders of the test's machine; `calls` is the file in which the fake go notes each of its command lines."""

    cache: Path
    bin: Path
    calls: Path

    def program(self, name: str, script: str) -> Path:
        """Puts a shell script on PATH."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def go_calls(self, command: str) -> list[str]:
        """The command lines of go that began with this command."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.startswith(command)]

    def cached(self) -> list[str]:
        """Names of all files among the built tools."""
        return sorted(path.name for path in (self.cache / "tools").rglob("*") if path.is_file())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """An empty cache, an empty PATH."""
    made = Machine(tmp_path / "cache", tmp_path / "bin", tmp_path / "go-calls")
    made.bin.mkdir()
    monkeypatch.setenv("WEGENNET_CACHE", str(made.cache))
    monkeypatch.setenv("PATH", str(made.bin))
    return made


@pytest.fixture
def go(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with a fake go on PATH that writes a text file for each binary."""
    monkeypatch.setenv("FAKE_GO_CALLS", str(machine.calls))
    machine.program("go", f'exec {sys.executable} {FAKE_GO} "$@"')
    return machine


@pytest.fixture
def reporter() -> Iterator[Reporter]:
    """A reporter that shows nothing."""
    with Reporter(quiet=True) as quiet:
        yield quiet


@pytest.fixture
def fifo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the fake go tell its process id through a pipe in the middle of a build, and then build no further."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    monkeypatch.setenv("FAKE_GO_HANG", str(path))
    return path
