"""The municipalities at a glance: which of them, and how they are shown to a person and to a program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group
from rich.table import Table

from wegennet.console.errors import UserMistake
from wegennet.platform.tenants import Tenant, time_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from rich.console import RenderableType

_STATUSES: Final = ("True", "False", "Unknown")
_CONDITIONS: Final = ("Ready", "NamespaceReady", "IsolationReady", "AccessReady")
"""The conditions that the table shows, each with how long its status stands."""

_COLUMNS: Final = ("Code", "Name", "Ready", "Namespace", "Isolation", "Access", "Lifecycle", "Size", "Ring", "Age")
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True)
class Filter:
    """Which municipalities a person asked for; every part that is given has to hold."""

    name: str | None = None
    codes: frozenset[str] = frozenset()
    condition: tuple[str, str] | None = None
    not_ready: bool = False

    @classmethod
    def of(cls, *, name: str | None, codes: Collection[str], condition: str | None, not_ready: bool) -> Filter:
        """The filter of a command's options.

        Raises:
            UserMistake: `condition` is not TYPE or TYPE=STATUS.
        """
        kind, _, wanted = (condition or "").partition("=")
        if condition is not None and (not kind or (wanted or "True") not in _STATUSES):
            raise UserMistake(
                f"--condition: expected TYPE or TYPE=STATUS with a status of {', '.join(_STATUSES)}; "
                f"found {condition!r}",
                remedy="For instance: --condition IsolationReady=False",
            )
        pair = (kind, wanted or "True") if condition else None
        return cls(name.lower() if name else None, frozenset(code.lower() for code in codes), pair, not_ready)

    def admits(self, tenant: Tenant) -> bool:
        """Whether `tenant` is among them."""
        return (
            (self.name is None or self.name in tenant.name.lower())
            and (not self.codes or tenant.id in self.codes)
            and (not self.not_ready or not tenant.ready)
            and (self.condition is None or self._has_condition(tenant, *self.condition))
        )

    @staticmethod
    def _has_condition(tenant: Tenant, kind: str, wanted: str) -> bool:
        found = tenant.condition(kind)
        return found is not None and found["status"] == wanted


def as_object(tenant: Tenant) -> dict[str, Any]:
    """A municipality for a program: ages in seconds, conditions as they are in the status and with their age."""
    return {
        "code": tenant.code,
        "name": tenant.name,
        "namespace": tenant.namespace,
        "ready": tenant.ready,
        "oin": tenant.oin,
        "size": tenant.size,
        "ring": tenant.ring,
        "lifecycle": tenant.lifecycle,
        "deleting": tenant.deleting,
        "age": _seconds(tenant.created),
        "conditions": [{**condition, "age": _age(condition)} for condition in tenant.conditions],
    }


def table(found: Sequence[Tenant], chosen: Filter) -> RenderableType:
    """Those that the filter admits, under a line that counts all."""
    made = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        made.add_column(column, no_wrap=True)
    made.add_column("Message", overflow="fold")
    for tenant in found:
        if chosen.admits(tenant):
            made.add_row(*_row(tenant), style=None if tenant.ready else "yellow")
    ready = sum(tenant.ready for tenant in found)
    return Group(f"{ready} of {len(found)} municipalities ready; {made.row_count} shown", *([made] if found else []))


def _row(tenant: Tenant) -> list[str]:
    return [
        tenant.code,
        tenant.name,
        *(_standing(tenant.condition(kind)) for kind in _CONDITIONS),
        "deleting" if tenant.deleting else tenant.lifecycle,
        tenant.size,
        str(tenant.ring),
        duration(_seconds(tenant.created)),
        "" if tenant.ready else tenant.reason,
    ]


def _standing(condition: Mapping[str, Any] | None) -> str:
    """A condition in two words: what it is, and since when."""
    if condition is None:
        return "-"
    word = {"True": "yes", "False": "no"}.get(condition["status"], "?")
    return f"{word} {duration(_age(condition))}"


def _age(condition: Mapping[str, Any]) -> int:
    """Seconds since the condition last changed its status."""
    return _seconds(time_of(condition["lastTransitionTime"]))


def _seconds(since: datetime) -> int:
    return max(0, int((datetime.now(UTC) - since).total_seconds()))


def duration(seconds: int) -> str:
    """A length of time in its largest unit, as kubectl writes it: 45s, 12m, 3h, 8d."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
