"""What a command of the delivery organisation was asked to work on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wegennet.environments.load import load
from wegennet.platform.access import ClusterAccess, access, records

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.environments.model import Environment


@dataclass(frozen=True)
class Request:
    """An environment, a state folder, and perhaps another cluster than the declared one.

    Attributes:
        name: name or folder of the environment.
        state: folder of all state.
        context: an existing cluster's context that takes the place of the declared cluster, or None.
    """

    name: str
    state: Path
    context: str | None = None

    @cached_property
    def environment(self) -> Environment:
        """The environment's content; read once."""
        return load(self.name)

    @cached_property
    def access(self) -> ClusterAccess:
        """The cluster it is on."""
        return access(self.environment, self.state, self.context)

    @property
    def records(self) -> Path:
        """Folder of Pulumi's state for that cluster."""
        return records(self.state, self.context)
