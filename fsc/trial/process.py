"""A component of a trial group: a process that can be started, asked whether it is ready, killed and stopped."""

from __future__ import annotations

import http.client
import sys
from typing import TYPE_CHECKING

from wegennet.fsc.trial.child import Child

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wegennet.fsc.trial.layout import Component, Member

_PROBE_TIMEOUT = 2.0


class Process:
    """One component of one member. Its log is appended to when it is started again."""

    def __init__(self, member: Member, component: Component, variables: Mapping[str, str], log: Path) -> None:
        self.name = f"{component.label} of {member.name}"
        self.component = component
        self.variables = dict(variables)
        self.log = log
        self._monitoring = (member.host(component), component.monitoring_port)
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The running process."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child

    @property
    def started(self) -> bool:
        """Whether it was ever started."""
        return self._child is not None

    def start(self) -> None:
        """Starts it; does not wait until it is ready."""
        argv = [sys.executable, "-m", "wegennet.fsc", self.component.label, "serve"]
        self._child = Child(self.name, argv, self.log, env=self.variables)

    def ready(self) -> bool:
        """Whether it says that it serves.

        Raises:
            Failure: it has ended.
        """
        self.child.must_run()
        connection = http.client.HTTPConnection(*self._monitoring, timeout=_PROBE_TIMEOUT)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
