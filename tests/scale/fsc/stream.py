"""One body of 1 GiB, down and up: how fast, and how much memory the gateways take meanwhile."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any, Final

from scale.fsc import usage

if TYPE_CHECKING:
    from pathlib import Path

    from scale.fsc.load import Target

_MEBIBYTE: Final = 1024**2
_SIZE: Final = 1024**3
_GATEWAYS: Final = ("outway", "inway", "outward", "inward")


def down(target: Target, content: Path) -> dict[str, Any]:
    """Downloads the file.

    Raises:
        RuntimeError: it did not arrive whole.
    """
    return _stream(target, ["--output", "/dev/null", f"{target.url}/1g"], "size_download")


def up(target: Target, content: Path) -> dict[str, Any]:
    """Uploads the file.

    Raises:
        RuntimeError: it did not arrive whole.
    """
    return _stream(
        target, ["--upload-file", str(content / "1g"), "--request", "POST", f"{target.url}/up"], "size_upload"
    )


def _stream(target: Target, arguments: list[str], counted: str) -> dict[str, Any]:
    pids = {name: pid for name, (pid, *_) in target.processes.items() if name in _GATEWAYS}
    members = {name: usage.family(pid) for name, pid in pids.items()}
    for pid in set().union(*members.values()):
        usage.forget_peak(pid)
    before = {name: max(map(usage.mebibytes, family)) for name, family in members.items()}
    headers = [part for name, value in target.headers.items() for part in ("--header", f"{name}: {value}")]
    said = f"%{{http_code}} %{{{counted}}} %{{time_total}}"
    command = ["curl", "--silent", "--show-error", "--write-out", f"\n{said}", *headers, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    status, size, seconds = (done.stdout.splitlines() or [""])[-1].split() if done.returncode == 0 else ("", "0", "1")
    if status != "200" or int(size) != _SIZE:
        raise RuntimeError(f"1 GiB by {target.name}: {status} after {size} octets. {done.stderr}")
    peaks = {name: max(map(usage.peak_mebibytes, family)) for name, family in members.items()}
    return {
        "mebibytes_per_second": round(_SIZE / _MEBIBYTE / float(seconds), 1),
        "peak_mebibytes": peaks,
        "growth_mebibytes": {name: round(peaks[name] - before[name], 1) for name in peaks},
    }
