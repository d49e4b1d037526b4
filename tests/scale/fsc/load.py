"""wrk as the client: what it measured, and what the servers used meanwhile."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scale.fsc import usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go.

    Attributes:
        name: in the results.
        url: without a path.
        headers: of each request.
        processes: those that do the work, by what they are; the client is not among them.
    """

    name: str
    url: str
    headers: Mapping[str, str]
    processes: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One run, or the medians of several.

    Attributes:
        rate: requests a second.
        p50: milliseconds; also of `p99`.
        broken: requests without an answer.
        refused: answers that are no success.
        cpu: microseconds of CPU for each request, by process.
        others: part of the machine's CPU that other programs used meanwhile.
    """

    rate: float
    p50: float
    p99: float
    broken: int
    refused: int
    cpu: dict[str, float]
    others: float

    def as_json(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def run(target: Target, path: str, *, at_once: int, seconds: int, form: str | None = None) -> Measured:
    """Sends requests, `at_once` at a time, each next one when its predecessor was answered.

    Raises:
        RuntimeError: wrk could not run.
    """
    command = ["wrk", "-t1", f"-c{at_once}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_SCRIPT)]
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    command += [target.url + path, *(["--", form] if form else [])]
    before, busy, client = _cpu(target), usage.busy_seconds(), _client_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"wrk at {target.name}: {done.stderr or done.stdout}")
    said = json.loads(done.stdout.rpartition("JSON ")[2])
    used = {name: seconds - before[name] for name, seconds in _cpu(target).items()}
    busy, client = usage.busy_seconds() - busy, _client_seconds() - client
    elapsed = said["microseconds"] / 1e6
    requests = max(said["requests"], 1)
    return Measured(
        rate=round(requests / elapsed, 1),
        p50=round(said["p50"] / 1000, 3),
        p99=round(said["p99"] / 1000, 3),
        broken=said["broken"],
        refused=said["refused"],
        cpu={name: round(seconds / requests * 1e6, 1) for name, seconds in (*used.items(), ("client", client))},
        others=round(max(busy - client - sum(used.values()), 0) / elapsed / (os.cpu_count() or 1), 2),
    )


def median(runs: Sequence[Measured]) -> Measured:
    """The median of each figure; faults are added up."""

    def middle(of: Callable[[Measured], float]) -> float:
        return round(statistics.median(of(one) for one in runs), 3)

    return Measured(
        rate=middle(lambda one: one.rate),
        p50=middle(lambda one: one.p50),
        p99=middle(lambda one: one.p99),
        broken=sum(one.broken for one in runs),
        refused=sum(one.refused for one in runs),
        cpu={name: middle(lambda one, name=name: one.cpu[name]) for name in runs[0].cpu},  # type: ignore[misc]
        others=middle(lambda one: one.others),
    )


def _cpu(target: Target) -> dict[str, float]:
    return {name: usage.cpu_seconds(pids) for name, pids in target.processes.items()}


def _client_seconds() -> float:
    """CPU time of clients that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
