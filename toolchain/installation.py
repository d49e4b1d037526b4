"""Finds each tool, in the cache or on PATH, and builds what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from wegennet.console.errors import UserMistake
from wegennet.toolchain import cache, on_path
from wegennet.toolchain.links import bin_folder
from wegennet.toolchain.tools import TOOLS, Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from wegennet.console.progress import Reporter

Source = Literal["cache", "PATH", "missing"]


@dataclass(frozen=True)
class Toolchain:
    """Tools that are ready to run.

    Args:
        paths: the program of each tool, by the tool's name.
    """

    paths: Mapping[str, Path]

    def path(self, name: str) -> Path:
        """The tool's program; one of the names that were asked for."""
        return self.paths[name]

    def bin_folder(self) -> Path:
        """A folder to put in front of PATH: the tools under their names, and Pulumi's Python language plugin."""
        return bin_folder(self.paths)


@dataclass(frozen=True)
class ToolStatus:
    """Where a tool is: in our cache, on PATH at the pinned version, or nowhere yet."""

    name: str
    version: str
    source: Source
    path: Path | None


@cache.in_use()
def status(names: Iterable[str] = TOOLS) -> list[ToolStatus]:
    """Where each of the tools is now; builds nothing.

    Raises:
        UserMistake: a name that is no tool's, or the cache cannot be used.
    """
    return [_status(tool) for tool in _tools(names)]


@cache.in_use()
def ensure(names: Iterable[str], reporter: Reporter) -> Toolchain:
    """Gives the tools, after building those that are neither in the cache nor on PATH.

    Raises:
        UserMistake: a name that is no tool's, or the cache cannot be used.
        PlatformFailure: a build failed.
    """
    found = status(names)
    missing = [TOOLS[one.name] for one in found if one.path is None]
    if missing:
        _build(missing, reporter)
    return Toolchain({one.name: one.path or cache.binary(TOOLS[one.name]) for one in found})


def _tools(names: Iterable[str]) -> list[Tool]:
    wanted = set(names)
    if unknown := wanted - TOOLS.keys():
        raise UserMistake(f"no such tool: {', '.join(sorted(unknown))}", remedy=f"There are: {', '.join(TOOLS)}.")
    return [tool for tool in TOOLS.values() if tool.name in wanted]


def _status(tool: Tool) -> ToolStatus:
    built = cache.binary(tool)
    if built.exists():
        return ToolStatus(tool.name, tool.version, "cache", built)
    found = on_path.find(tool)
    return ToolStatus(tool.name, tool.version, "PATH" if found else "missing", found)


def _build(missing: Sequence[Tool], reporter: Reporter) -> None:
    from wegennet.toolchain import build, go_program  # noqa: PLC0415 - a run that finds all needs neither

    go = go_program.find_or_install(reporter)
    with reporter.stage("Native tools", total=len(missing)) as overall:
        overall.update(f"to build: {', '.join(tool.name for tool in missing)}")
        for _, group in groupby(missing, key=lambda tool: tool.module):
            tools = list(group)
            build.build(tools, go, reporter)
            done = overall.done + len(tools)
            overall.update(f"still to build: {', '.join(tool.name for tool in missing[done:]) or 'nothing'}", done=done)
