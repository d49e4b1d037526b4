"""A whole environment on an embedded cluster, as the delivery organisation would have it: by the command `wegennet`."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.api import GROUP, Api, condition
from support.embedded import Kubectl

if TYPE_CHECKING:
    from wegennet.environments.cluster import Cluster

EMBEDDED = Path(__file__).resolve().parents[2] / "environments" / "embedded"


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one line on standard output, decoded."""
        lines = self.out.splitlines()
        assert len(lines) == 1, f"standard output is not one line: {self.out!r}; {self.err}"
        return json.loads(lines[0])


def copy_of_embedded(folder: Path, count: int) -> Path:
    """A copy of the embedded environment with its first `count` municipalities, in `folder`."""
    shutil.copytree(EMBEDDED, folder)
    keep(folder, count)
    return folder


def keep(folder: Path, count: int) -> None:
    """Cuts the list of an environment to its first `count` municipalities."""
    file = folder / "municipalities.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[: count + 1]))


@dataclass(frozen=True)
class Deployed:
    """An environment, the cluster that it is on, and ways to act on both."""

    cluster: Cluster
    folder: Path
    kubectl: Kubectl = field(repr=False)
    api: Api = field(repr=False)
    image: str
    """Reference of an image that pods of tests can run: it has Python."""

    @classmethod
    def on(cls, cluster: Cluster, folder: Path, image: str) -> Deployed:
        """An environment on a cluster that is up."""
        return cls(cluster, folder, Kubectl.of(cluster), Api.of(cluster.kubeconfig), image)

    @property
    def names(self) -> list[str]:
        """Names of the municipalities on the list, in its order."""
        with (self.folder / "municipalities.csv").open() as file:
            return [row["code"].lower() for row in csv.DictReader(file)]

    def wegennet(self, *arguments: str, given: str | None = None) -> Answer:
        """Runs `wegennet` on this environment."""
        options = ["--environment", str(self.folder), "--state", str(self.cluster.state.root)]
        command = [str(Path(sys.executable).with_name("wegennet")), *arguments, *options]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        return Answer(done.returncode, done.stdout, done.stderr)

    def up(self, *options: str) -> dict[str, Any]:
        """`wegennet up --json`; fails the test when it does not succeed."""
        answer = self.wegennet("up", "--yes", "--json", *options)
        assert answer.code == 0, answer.err
        return dict(answer.json)

    def municipality(self, name: str) -> dict[str, Any]:
        """A Municipality as it stands."""
        return dict(self.api.get(f"{GROUP}/municipalities/{name}"))

    def ready(self, name: str) -> bool:
        """Whether a municipality is Ready for the spec that stands."""
        seen = self.municipality(name)
        observed = seen.get("status", {}).get("observedGeneration")
        return condition(seen).get("status") == "True" and observed == seen["metadata"]["generation"]
