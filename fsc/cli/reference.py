"""The tables of variables in the documentation, from the settings themselves.

`python -m wegennet.fsc.cli.reference docs/fsc.md` writes them anew between the marks in a document.
"""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from wegennet.fsc.service.settings import Settings

SETTINGS: Final = {
    "manager": "wegennet.fsc.manager.settings:ManagerSettings",
    "controller": "wegennet.fsc.controller.settings:ControllerSettings",
    "txlog-api": "wegennet.fsc.txlog.settings:TxlogSettings",
    "inway": "wegennet.fsc.inway.settings:InwaySettings",
    "outway": "wegennet.fsc.outway.settings:OutwaySettings",
}
"""Module and class of each component's settings."""

_MARKED: Final = re.compile(r"(?<=<!-- variables: )([a-z-]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
_UNITS: Final = ((3600, "h"), (60, "m"), (1, "s"))


def table(settings: type[Settings]) -> str:
    """A row for each variable: its name, what it is for, and what it is when it is not set."""
    rows = [
        f"| `{name.upper()}` | {info.description or ''} | {_default(info)} |"
        for name, info in sorted(settings.model_fields.items())
    ]
    return "\n".join(["| Variable | | Default |", "|---|---|---|", *rows, ""])


def written(text: str) -> str:
    """A document with its tables made anew."""
    return _MARKED.sub(lambda found: f"{found[1]}{found[2]}{table(settings_of(found[1]))}", text)


def settings_of(component: str) -> type[Settings]:
    """What a component reads from its environment."""
    module, _, name = SETTINGS[component].partition(":")
    found: type[Settings] = getattr(import_module(module), name)
    return found


def _default(info: FieldInfo) -> str:
    if info.is_required():
        example = f", such as `{info.examples[0]}`" if info.examples else ""
        return f"has to be set{example}"
    shown = _shown(info.get_default())
    return f"`{shown}`" if shown else ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return _duration(int(value.total_seconds()))
    if value is None or value == ():
        return ""
    return str(value)


def _duration(seconds: int) -> str:
    """Seconds as Go writes them, such as `1h30m`."""
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def main(file: Path) -> None:
    """Writes the tables of a document anew."""
    file.write_text(written(file.read_text()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
