"""The report of the benchmark for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator


def tables(report: dict[str, Any]) -> Iterator[Table]:
    """Requests, streams, and what the Managers do."""
    for gateways in report["gateways"]:
        yield _requests(gateways)
        if "streams" in gateways:
            yield _streams(gateways["streams"])
    yield _managers(report)


def _requests(gateways: dict[str, Any]) -> Table:
    title = f"Requests; {gateways['processes']} process(es) of each gateway"
    table = _table(title, "direct", "nginx, mTLS", "FSC", "FSC / nginx")
    for name, one in gateways["requests"].items():
        direct, floor, own = one["direct"], one["nginx"], one["fsc"]
        label = f"{name}, {one['at_once']} at once" if one["at_once"] > 1 else name
        for figure, key in (("requests/s", "rate"), ("p50 ms", "p50"), ("p99 ms", "p99")):
            ratio = _ratio(own[key], floor[key])
            table.add_row(f"{label}: {figure}", str(direct[key]), str(floor[key]), str(own[key]), ratio)
        floor_cpu, own_cpu = _gateways_cpu(floor), _gateways_cpu(own)
        table.add_row(f"{label}: CPU µs/request", "", str(floor_cpu), str(own_cpu), _ratio(own_cpu, floor_cpu))
        table.add_row("  of which", "", _parts(floor), _parts(own), "")
        table.add_row("  records per write to the log", "", "", str(one["records_per_write"]), "")
        table.add_row("  CPU taken by others", *(f"{run['others']:.0%}" for run in (direct, floor, own)), "")
        table.add_row("  broken, refused", *(f"{run['broken']}, {run['refused']}" for run in (direct, floor, own)), "")
    return table


def _gateways_cpu(run: dict[str, Any]) -> float:
    """CPU of all that stands between client and backend."""
    return round(sum(cpu for name, cpu in run["cpu"].items() if name not in ("client", "backend")), 1)


def _parts(run: dict[str, Any]) -> str:
    return "\n".join(f"{name} {cpu}" for name, cpu in run["cpu"].items() if name not in ("client", "backend"))


def _streams(streams: dict[str, Any]) -> Table:
    table = _table("Bodies of 1 GiB", "direct", "nginx, mTLS", "FSC", "FSC / nginx")
    for direction, one in streams.items():
        direct, floor, own = one["direct"], one["nginx"], one["fsc"]
        key = "mebibytes_per_second"
        table.add_row(
            f"{direction}: MiB/s", str(direct[key]), str(floor[key]), str(own[key]), _ratio(own[key], floor[key])
        )
        table.add_row("  peak memory, MiB", "", _memory(floor), _memory(own), "")
    return table


def _memory(run: dict[str, Any]) -> str:
    growth = run["growth_mebibytes"]
    return "\n".join(f"{name} {peak} (+{growth[name]})" for name, peak in run["peak_mebibytes"].items())


def _managers(report: dict[str, Any]) -> Table:
    tokens = report["tokens"]
    table = _table("Managers", "per second", "p50 ms", "p99 ms", "CPU")
    table.add_row(
        f"tokens, {tokens['at_once']} at once",
        str(tokens["rate"]),
        str(tokens["p50"]),
        str(tokens["p99"]),
        f"{tokens['cpu']['manager']} µs + postgres {tokens['cpu']['postgres']} µs",
    )
    table.add_row("  signing alone, one process", str(tokens["signatures_per_second"]), "", "", "")
    for one in report["contracts"]:
        used = one["cpu_milliseconds"]
        cpu = f"{used['managers']} ms + postgres {used['postgres']} ms"
        table.add_row(f"contracts made, {one['at_once']} at once", str(one["made_per_second"]), "", "", "")
        table.add_row("  valid at both peers", str(one["valid_per_second"]), "", "", cpu)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table("", title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _ratio(own: float, floor: float) -> str:
    return f"{own / floor:.2f}" if floor else ""
