"""Builds the missing tools of one Go module, with one `go build`, and shows how far it is."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from wegennet.toolchain import cache
from wegennet.toolchain.gocommand import GoCommand
from wegennet.toolchain.goenvironment import environment
from wegennet.toolchain.locking import exclusive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wegennet.console.progress import Reporter, Stage
    from wegennet.toolchain.tools import GoModule, Tool


def build(tools: Sequence[Tool], go: Path, reporter: Reporter) -> None:
    """Builds tools of one module into the cache; those that another builder made meanwhile are left as they are.

    Raises:
        PlatformFailure: go failed.
    """
    module = tools[0].module
    with reporter.stage(f"{module.folder} {module.version}: {', '.join(tool.name for tool in tools)}") as stage:
        lock = cache.root() / "locks" / module.folder
        waiting = f"{module.folder}: waiting for another build of it to end"
        with exclusive(lock, when_busy=lambda: reporter.line(waiting)) as descriptor:
            missing = [tool for tool in tools if not cache.binary(tool).exists()]
            if missing:
                _build_locked(module, missing, go, descriptor, stage)


def _build_locked(module: GoModule, tools: Sequence[Tool], go: Path, lock: int, stage: Stage) -> None:
    work = cache.root() / "work" / module.folder
    log = cache.root() / "logs" / f"{module.folder}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    _remove(work)  # what a killed build left
    try:
        variables = environment(go, _made(work / "tmp"))
        command = GoCommand(go, _copy_sources(module, work), variables, log, lock)
        _compile(module, tools, command, work, stage)
    finally:
        _remove(work)


def _copy_sources(module: GoModule, work: Path) -> Path:
    """Copies the module's files, so that nothing is ever written into the source tree; gives the copy's folder."""
    folder = _made(work / "source")
    for source in module.sources:
        shutil.copy(source, folder)
    return folder


def _compile(module: GoModule, tools: Sequence[Tool], go: GoCommand, work: Path, stage: Stage) -> None:
    if module.embeds:
        _copy_embedded(module, go, work, stage)
    packages = [tool.package for tool in tools]
    flags = [*cache.BUILD_FLAGS, "-ldflags", module.linker_flags]
    total = _count_stale(go, [*flags, *packages], work, stage)
    binaries = _made(work / "bin")
    # With one package -o names the file; with several it is a folder, and each file is named after its package.
    output = f"{binaries}/{tools[0].name}" if len(tools) == 1 else f"{binaries}/"
    counter = _Compiling(stage, total)
    go.run(["build", "-v", *flags, "-o", output, *packages], output=work / "out", on_line=counter.line)
    for tool in tools:
        cache.publish(binaries / tool.name, cache.binary(tool))


def _copy_embedded(module: GoModule, go: GoCommand, work: Path, stage: Stage) -> None:
    """Copies the JSON documents that our main embeds out of the module, compact and with the release's version.

    The provider's own build does the same (`cmd/pulumi-resource-kubernetes/generate.go`).
    """
    answer = work / "module.json"
    stage.update(f"downloading {module.requirement}")
    go.run(["mod", "download", "-json", module.requirement], output=answer, on_line=stage.update)
    downloaded = json.loads(answer.read_bytes())["Dir"]
    for name in module.embeds:
        source = work.joinpath(downloaded, name)
        document = json.loads(source.read_bytes())
        if source.name == "schema.json":
            document["version"] = module.version.removeprefix("v")
        (go.folder / source.name).write_text(json.dumps(document, separators=(",", ":")))


def _count_stale(go: GoCommand, arguments: list[str], work: Path, stage: Stage) -> int:
    """Downloads what is missing and counts the packages that Go's build cache lacks."""
    stale = work / "stale"
    stage.update("resolving Go modules")
    go.run(
        ["list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", *arguments],
        output=stale,
        on_line=lambda line: stage.update(line.removeprefix("go: ")),
    )
    return len(stale.read_text().split())


class _Compiling:
    """Counts the packages that `go build -v` names as it begins them; after the last one go links."""

    def __init__(self, stage: Stage, total: int) -> None:
        self.stage = stage
        stage.update("compiling", done=0, total=max(total, 1))

    def line(self, text: str) -> None:
        done = min(self.stage.done + 1, self.stage.total or 1)
        self.stage.update("linking" if done == self.stage.total else text, done=done)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
