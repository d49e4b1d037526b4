"""Provisioning N municipalities: the operator beside the floor, each on a fresh API server and store."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.api import GROUP, Api, condition, municipality
from support.chart import install, operator_kubeconfig
from support.operator import Process, start_process
from support.waiting import eventually

from scale import bare, drift
from wegennet.environments.cluster import ControlPlane
from wegennet.operators.connection import from_kubeconfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.toolchain import Toolchain

PAIRS = 3
"""Pairs of floor and operator, one after the other: a single one is at the mercy of what else the machine does."""

FEW = 500
"""Up to so many municipalities a pair is soon done."""


@dataclass
class Result:
    """What one run at one size gave; times in seconds, memory in MiB."""

    municipalities: int
    floor_seconds: float = 0
    seconds: float = 0
    writes: float = 0
    cpu_seconds: float = 0
    peak_mebibytes: float = 0
    idle_mebibytes: float = 0
    restart_writes: float = 0
    restart_seconds: float = 0
    restart_peak_mebibytes: float = 0
    drift: list[float] = field(default_factory=list)
    floor_drift: list[float] = field(default_factory=list)

    def ratio(self) -> float:
        """Total time of the operator, as a multiple of the floor's."""
        return self.seconds / self.floor_seconds

    def as_json(self) -> dict[str, Any]:
        """The figures with their ratios."""
        return {
            "municipalities": self.municipalities,
            "seconds": round(self.seconds, 2),
            "floor_seconds": round(self.floor_seconds, 2),
            "ratio_to_floor": round(self.ratio(), 2),
            "municipalities_per_second": round(self.municipalities / self.seconds, 1),
            "writes_per_municipality": round(self.writes / self.municipalities, 2),
            "operator_cpu_seconds": round(self.cpu_seconds, 2),
            "operator_peak_mebibytes": round(self.peak_mebibytes, 1),
            "operator_idle_mebibytes": round(self.idle_mebibytes, 1),
            "restart_writes": self.restart_writes,
            "restart_seconds": round(self.restart_seconds, 2),
            "restart_peak_mebibytes": round(self.restart_peak_mebibytes, 1),
            "drift_milliseconds": _quantiles(self.drift),
            "floor_drift_milliseconds": _quantiles(self.floor_drift),
        }


def _quantiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": round(cuts[49] * 1000, 1), "p99": round(cuts[98] * 1000, 1)}


def measure(count: int, tools: Toolchain) -> Result:
    """Measures floor and operator at `count` municipalities: the median, by ratio, of several pairs."""
    pairs = [_measure_pair(count, tools) for _ in range(PAIRS if count <= FEW else 1)]
    return sorted(pairs, key=Result.ratio)[len(pairs) // 2]


def _measure_pair(count: int, tools: Toolchain) -> Result:
    result = Result(count)
    declared = [municipality(number) for number in range(1, count + 1)]
    with _plane(tools) as (plane, api):
        connection = from_kubeconfig(plane.kubeconfig)
        operator = from_kubeconfig(operator_kubeconfig(api, plane.kubeconfig, plane.folder))
        result.floor_seconds = asyncio.run(bare.floor(connection, operator, declared))
        result.floor_drift = asyncio.run(drift.repair_times(connection, declared, bare=True))
    with _plane(tools) as (plane, api):
        _measure_operator(result, plane, api, declared)
    return result


def _measure_operator(result: Result, plane: ControlPlane, api: Api, declared: list[dict[str, Any]]) -> None:
    connection = from_kubeconfig(plane.kubeconfig)
    kubeconfig = operator_kubeconfig(api, plane.kubeconfig, plane.folder)
    with _operator("one", kubeconfig, plane.folder) as one:
        eventually(one.leads, within=60)
        before = one.metric("process_cpu_seconds_total")
        began = time.monotonic()
        asyncio.run(bare.declare(connection, declared))
        eventually(lambda: _provisioned(one, result.municipalities), within=3600, every=0.02)
        result.seconds = time.monotonic() - began
        result.cpu_seconds = one.metric("process_cpu_seconds_total") - before
        result.writes = one.writes()
        _all_ready(api, result.municipalities)
        result.peak_mebibytes = _mebibytes(one, "VmHWM")
        result.drift = asyncio.run(drift.repair_times(connection, declared, bare=False))
        result.idle_mebibytes = _mebibytes(one, "VmRSS")
    began = time.monotonic()
    with _operator("two", kubeconfig, plane.folder) as two:
        eventually(two.settled, within=600)
        result.restart_seconds = time.monotonic() - began
        result.restart_writes = two.writes()
        result.restart_peak_mebibytes = _mebibytes(two, "VmHWM")


def _provisioned(one: Process, count: int) -> bool:
    """Whether each municipality's status, the last write, was written; read off the metrics, to cost nothing."""
    return one.metric("wegennet_api_requests_total", verb="PATCH", kind="Municipality") >= 2 * count


def _all_ready(api: Api, count: int) -> None:
    items = api.get(f"{GROUP}/municipalities")["items"]
    ready = sum(condition(one).get("status") == "True" for one in items)
    if ready != count:
        raise RuntimeError(f"only {ready} of {count} municipalities are Ready")


def _mebibytes(one: Process, name: str) -> float:
    lines = Path(f"/proc/{one.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


@contextmanager
def _plane(tools: Toolchain) -> Iterator[tuple[ControlPlane, Api]]:
    with tempfile.TemporaryDirectory() as folder:
        plane = ControlPlane(Path(folder), tools.path("etcd"), tools.path("kube-apiserver"))
        with plane:
            api = Api.of(plane.kubeconfig)
            install(api)
            yield plane, api


@contextmanager
def _operator(identity: str, kubeconfig: Path, folder: Path) -> Iterator[Process]:
    one = start_process(identity, kubeconfig, folder / f"operator-{identity}.log")
    try:
        yield one
    finally:
        one.stop()
