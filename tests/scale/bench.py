"""`make bench`: the figures of the platform beside their floors, as a table and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scale import network, provisioning
from wegennet.console.progress import Reporter
from wegennet.toolchain import ensure

_ROWS = {
    "total time, s": ("seconds", "floor_seconds"),
    "ratio to floor (target 1.3)": ("ratio_to_floor", None),
    "municipalities per second": ("municipalities_per_second", None),
    "API writes per municipality": ("writes_per_municipality", None),
    "operator CPU, s": ("operator_cpu_seconds", None),
    "operator memory while provisioning, peak MiB (target 150 at 342)": ("operator_peak_mebibytes", None),
    "operator memory afterwards, MiB": ("operator_idle_mebibytes", None),
    "operator memory at a restart, peak MiB": ("restart_peak_mebibytes", None),
    "restart: writes beside the lease": ("restart_writes", None),
    "restart: seconds until all are looked at": ("restart_seconds", None),
    "drift repaired, p50 ms": ("drift_milliseconds.p50", "floor_drift_milliseconds.p50"),
    "drift repaired, p99 ms": ("drift_milliseconds.p99", "floor_drift_milliseconds.p99"),
}


_NETWORK_ROWS = {
    "a policy allows after, p50 ms": ("rules_allow_milliseconds.p50", None),
    "a policy allows after, max ms": ("rules_allow_milliseconds.max", None),
    "a deleted policy denies after, p50 ms": ("rules_deny_milliseconds.p50", None),
    "a deleted policy denies after, max ms": ("rules_deny_milliseconds.max", None),
    "a new pod reaches what is denied for, p50 ms": ("new_pod_open_milliseconds.p50", None),
    "a new pod reaches what is denied for, max ms": ("new_pod_open_milliseconds.max", None),
    "wegennet up, s": ("seconds", None),
    "of which municipalities Ready, s": ("ready_seconds", None),
}


def main() -> None:
    """Runs the benchmarks and prints what they gave."""
    arguments = _arguments()
    with Reporter() as reporter:
        tools = ensure(["etcd", "kube-apiserver", "helm"], reporter)
        results = []
        for count in arguments.municipalities:
            with reporter.stage(f"{count} municipalities"):
                results.append(provisioning.measure(count, tools).as_json())
        policies = []
        for count in arguments.networks:
            with reporter.stage(f"{count} municipalities on the embedded cluster"):
                policies.append(network.measure(count).as_json())
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "provisioning": results,
        "network_policies": policies,
    }
    console = Console(width=120)
    for title, rows, measured in (
        ("Operator (floor), without nodes", _ROWS, results),
        ("Embedded cluster, with network policies enforced", _NETWORK_ROWS, policies),
    ):
        if measured:
            console.print(_table(title, rows, measured))
    if arguments.json:
        arguments.json.parent.mkdir(exist_ok=True)
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmarks of the platform beside their floors.")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--municipalities", type=int, nargs="*", default=[342, 3420], help="sizes to measure")
    parser.add_argument("--networks", type=int, nargs="*", default=[2, 342], help="sizes to measure with real pods")
    return parser.parse_args()


def _machine() -> dict[str, Any]:
    return {"cpus": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()}


def _table(title: str, rows: dict[str, tuple[str, str | None]], results: list[dict[str, Any]]) -> Table:
    table = Table("", *(f"{one['municipalities']}" for one in results), title=title, title_justify="left")
    for label, (name, floor) in rows.items():
        table.add_row(label, *(_cell(one, name, floor) for one in results))
    return table


def _cell(result: dict[str, Any], name: str, floor: str | None) -> str:
    own = str(_at(result, name))
    return f"{own} ({_at(result, floor)})" if floor else own


def _at(result: Any, path: str) -> Any:
    for part in path.split("."):
        result = result[part]
    return result


if __name__ == "__main__":
    main()
