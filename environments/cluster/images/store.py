"""The node's image store: containerd's, reached with its own `ctr` from within the node's mount namespace."""

from __future__ import annotations

import subprocess
from typing import IO, TYPE_CHECKING

from wegennet.console.errors import PlatformFailure
from wegennet.environments.cluster.images.oci import reference_of
from wegennet.environments.cluster.processes import CONTAINERD_SOCKET

if TYPE_CHECKING:
    from pathlib import Path


class ImageStore:
    """The image store of a running node.

    Args:
        node_pid: the host's process id of the node's pid 1.
    """

    def __init__(self, node_pid: int) -> None:
        self._node_pid = node_pid

    def references(self) -> list[str]:
        """References of all images."""
        return self._ctr("images", "list", "--quiet").split()

    def ensure(self, archive: Path) -> str:
        """Imports an archive unless its image is there.

        Returns:
            The reference that pins it.
        """
        reference = reference_of(archive)
        if reference not in self.references():
            with archive.open("rb") as content:  # not by its path: the node has its own /run and /var/lib
                self._ctr("images", "import", "-", given=content)
        return reference

    def _ctr(self, *arguments: str, given: IO[bytes] | None = None) -> str:
        enter = ["nsenter", "--target", str(self._node_pid), "--mount", "ctr"]
        command = [*enter, "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io", *arguments]
        answer = subprocess.run(command, stdin=given, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise PlatformFailure(
                f"The image store refuses `{' '.join(arguments)}`: {answer.stderr.strip()}",
                remedy="`wegennet cluster status` says whether containerd runs; its log is in the state folder.",
            )
        return answer.stdout
