"""`make bench-fsc`: the figures of the FSC peer beside their floors, as tables and as JSON.

Floors on the same machine: the same client straight to the backend, and nginx in the places of Outway and Inway. Every
figure is the median of rounds in which all take turns, so that what else the machine does falls on all alike. CPU time
for each request depends least on it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from rich.console import Console

from scale.fsc import contracts, load, stream, tables
from scale.fsc.programs import MissingError, ensure
from scale.fsc.surroundings import surroundings
from wegennet.fsc.core import tokens
from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.trial.layout import Component
from wegennet.fsc.trial.progress import reporter

if TYPE_CHECKING:
    from scale.fsc.surroundings import Surroundings
    from wegennet.fsc.trial.progress import Reporter

_LOADS: Final = {"1 KiB": ("/1k", 32), "1 KiB, one at a time": ("/1k", 1), "1 MiB": ("/1m", 8)}
"""What is asked for, and how many requests there are at once."""

_WARM_UP: Final = 2
_TOKENS_AT_ONCE: Final = 16
_STREAMS: Final = {"down": stream.down, "up": stream.up}


def main() -> None:
    """Runs the benchmark and prints what it gave."""
    arguments = _arguments()
    try:
        ensure()
    except MissingError as error:
        sys.exit(str(error))
    progress = reporter()
    report: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()},
        "load_average_before": os.getloadavg()[0],
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "gateways": [],
    }
    for processes in arguments.processes:
        with surroundings(progress, processes) as around:
            measured = {"processes": processes, "requests": _requests(around, arguments, progress)}
            if processes == arguments.processes[0]:
                measured["streams"] = _streams(around, progress)
                report |= _managers(around, arguments, progress)
            report["gateways"].append(measured)
    report["load_average_after"] = os.getloadavg()[0]
    console = Console(width=120)
    for table in tables.tables(report):
        console.print(table)
    if arguments.json:
        arguments.json.parent.mkdir(exist_ok=True)
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmark of the FSC peer beside its floors.")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--seconds", type=int, default=5, help="of each run of requests")
    parser.add_argument("--rounds", type=int, default=3, help="runs of which the median is taken")
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2], help="processes of each gateway")
    parser.add_argument("--contracts", type=int, nargs="*", default=[1, 8, 32], help="made at once")
    parser.add_argument("--count", type=int, default=200, help="contracts for each of these")
    return parser.parse_args()


def _requests(around: Surroundings, arguments: argparse.Namespace, progress: Reporter) -> dict[str, Any]:
    results = {}
    for name, (path, at_once) in _LOADS.items():
        runs: dict[str, list[load.Measured]] = {target.name: [] for target in around.targets}
        logged = _logged(around)
        with progress.stage(f"{name}, {at_once} at once", arguments.rounds) as advance:
            for target in around.targets:
                load.run(target, path, at_once=at_once, seconds=_WARM_UP)
            for number in range(arguments.rounds):
                for target in around.targets:
                    runs[target.name].append(load.run(target, path, at_once=at_once, seconds=arguments.seconds))
                advance(f"round {number + 1}")
        results[name] = {
            "at_once": at_once,
            **{target: load.median(some).as_json() for target, some in runs.items()},
            "records_per_write": _per_write(logged, _logged(around)),
        }
    return results


def _streams(around: Surroundings, progress: Reporter) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for direction, run in _STREAMS.items():
        with progress.stage(f"1 GiB {direction}", len(around.targets)) as advance:
            results[direction] = {}
            for target in around.targets:
                results[direction][target.name] = run(target, around.group.folder / "content")
                advance(target.name)
    return results


def _managers(around: Surroundings, arguments: argparse.Namespace, progress: Reporter) -> dict[str, Any]:
    consumer = around.group.peers[-1].member.peer_id
    form = urlencode({"grant_type": "client_credentials", "scope": around.grant_hash, "client_id": consumer})
    runs = []
    with progress.stage("Tokens", arguments.rounds) as advance:
        for number in range(arguments.rounds):
            runs.append(
                load.run(around.tokens, "/v1/token", at_once=_TOKENS_AT_ONCE, seconds=arguments.seconds, form=form)
            )
            advance(f"round {number + 1}")
    made = []
    with progress.stage("Contracts", len(arguments.contracts)) as advance:
        for at_once in arguments.contracts:
            made.append(contracts.measure(around.group, arguments.count, at_once))
            advance(f"{at_once} at once")
    return {
        "tokens": {
            "at_once": _TOKENS_AT_ONCE,
            **load.median(runs).as_json(),
            "signatures_per_second": _signing(around),
        },
        "contracts": made,
    }


def _signing(around: Surroundings) -> float:
    """How many tokens one process can sign in a second when it does nothing else: the floor of giving them out."""
    files = around.group.peers[0].files.group["manager"]
    pair = KeyPair.load(files.certificate, files.key)
    claims = tokens.AccessToken(
        grant_hash=around.grant_hash, group_id=around.group.id, subject="0" * 20, issuer="0" * 20, service="bench",
        audience="https://127.0.0.1:8443", expires_at=2, not_before=1, certificate_thumbprint=pair.thumbprint,
    )  # fmt: skip
    count, began = 0, time.process_time()
    while time.process_time() - began < 1:
        tokens.issue(pair, claims)
        count += 1
    return float(count)


def _logged(around: Surroundings) -> tuple[float, float]:
    """Writes of the Outway to its transaction log, and records in them."""
    host = around.group.peers[-1].member.host(Component.OUTWAY)
    with urllib.request.urlopen(f"http://{host}:{Component.OUTWAY.monitoring_port}/metrics", timeout=5) as answer:
        lines = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[:1] != "#")
    return float(lines["fsc_gateway_log_write_records_count"]), float(lines["fsc_gateway_log_write_records_sum"])


def _per_write(before: tuple[float, float], after: tuple[float, float]) -> float:
    writes, records = (now - then for then, now in zip(before, after, strict=True))
    return round(records / writes, 2) if writes else 0.0


if __name__ == "__main__":
    main()
